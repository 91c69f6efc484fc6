/**
 * The host's standard streams where they are no terminal: to the guest they look like pipes.
 */
import type { IoctlArgument, Readiness, Stat } from "../../vfs/types.ts";
import { LinuxError } from "../errno.ts";
import type { HostInput, HostOutput } from "../host-services.ts";
import { WaitQueue } from "../wait-queue.ts";
import type { FileObject } from "./file-object.ts";
import { AnonymousFile, anonymousStat } from "./file-object.ts";
import { FIONREAD } from "./ioctl-requests.ts";
import { wouldBlock } from "./would-block.ts";

/** Standard input. */
export class HostInputStream extends AnonymousFile implements FileObject {
  readonly kind = "stream";
  readonly waiters: WaitQueue = new WaitQueue();
  readonly #input: HostInput;

  constructor(inode: number, input: HostInput) {
    super(inode);
    this.#input = input;
  }

  get label(): string {
    return `pipe:[${this.inode}]`;
  }

  override read(target: Uint8Array): number {
    if (target.length === 0) return 0;
    const bytes = this.#input.read(target.length);
    if (bytes === undefined) return 0;
    if (bytes.length === 0) throw wouldBlock;
    target.set(bytes);
    return bytes.length;
  }

  override write(): number {
    throw new LinuxError("EBADF");
  }

  readiness(): Readiness {
    const isReady = this.#input.available() > 0;
    return { readable: isReady, writable: false, hangup: false, error: false };
  }

  override stat(): Stat {
    return anonymousStat(this.inode, 0o10600);
  }

  override ioctl(request: number, argument: IoctlArgument): number {
    if (request !== FIONREAD) throw new LinuxError("ENOTTY");
    const available = this.#input.available();
    const count = Number.isFinite(available) ? available : 0;
    argument.write(new Uint8Array(Uint32Array.of(count).buffer));
    return 0;
  }

  reopen(): HostInputStream {
    return this;
  }
}

/** Standard output or error. */
export class HostOutputStream extends AnonymousFile implements FileObject {
  readonly kind = "stream";
  readonly waiters: WaitQueue = new WaitQueue();
  readonly #output: HostOutput;

  constructor(inode: number, output: HostOutput) {
    super(inode);
    this.#output = output;
  }

  get label(): string {
    return `pipe:[${this.inode}]`;
  }

  override read(): number {
    throw new LinuxError("EBADF");
  }

  override write(bytes: Uint8Array): number {
    if (!this.#output.write(bytes)) throw new LinuxError("EPIPE");
    return bytes.length;
  }

  readiness(): Readiness {
    return { readable: false, writable: true, hangup: false, error: false };
  }

  override stat(): Stat {
    return anonymousStat(this.inode, 0o10600);
  }

  reopen(): HostOutputStream {
    return this;
  }
}
