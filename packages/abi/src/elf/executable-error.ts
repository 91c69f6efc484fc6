/** Why a file cannot be executed. */
import { IsovmError } from "@isovm/isa-spec";
import type { ErrnoName } from "../linux/errno.ts";

/** A file is no executable of this machine, or a damaged one; the message is one line. */
export class ExecutableError extends IsovmError<{
  /** What is wrong, without the file's name. */
  reason: string;
  /** What execve(2) tells the guest. */
  code: ErrnoName;
}> {
  /** What execve(2) tells the guest. */
  readonly code: ErrnoName;
  /** What is wrong, without the file's name. */
  readonly reason: string;

  constructor(reason: string, code: ErrnoName = "ENOEXEC", path?: string) {
    super(path === undefined ? reason : `${path}: ${reason}`, { reason, code });
    this.code = code;
    this.reason = reason;
  }
}
