/** What a program in the guest's tree is, before anything is made to run it. */
import { type ErrnoName, errnoMessage, LinuxError, type Vfs } from "@isovm/abi";
import { elfIdentity, otherKind } from "../elf/file-kind.ts";
import { NotExecutableError, ProgramNotFoundError } from "../errors.ts";
import { findTarget, type Target, targets } from "./targets.ts";

/** Linux gives up after so many interpreters of interpreters. */
const largestScriptDepth = 4;
/** As much of a script's first line as Linux looks at. */
const startBytes = 256;

/** What to do about a file that a program needs besides itself. */
export const rootHint = "--root gives the guest a file system";

/**
 * The target of a program; for a script, that of its interpreter.
 *
 * @param name what the user calls the program.
 * @param hasRoot whether the guest has a root of the host's, in which interpreters may be.
 * @throws ProgramNotFoundError, NotExecutableError
 */
export function inspectProgram(vfs: Vfs, path: string, name: string, hasRoot: boolean): Target {
  let start = readStart(vfs, path, (code) => programError(code, name));
  let described = name;
  for (let depth = 0; depth < largestScriptDepth; depth += 1) {
    const interpreter = /^#![ \t]*([^ \t\n\0]+)/.exec(latin1(start))?.[1];
    if (interpreter === undefined) return targetOf(start, described);
    described = `${name}: its interpreter ${interpreter}`;
    const failed = described;
    start = readStart(vfs, interpreter, (code) => {
      const hint = code === "ENOENT" && !hasRoot ? ` (${rootHint})` : "";
      return new NotExecutableError(`${failed}: ${wordsOf(code)}${hint}`);
    });
  }
  throw new NotExecutableError(`${name}: too many interpreters of interpreters`);
}

function targetOf(start: Uint8Array, name: string): Target {
  const identity = elfIdentity(start);
  const machines = targets.map(({ binding }) => binding.name).join(" or ");
  if (!identity) {
    throw new NotExecutableError(
      `${name}: is ${otherKind(start)}, not an executable for ${machines}`,
    );
  }
  const target = findTarget(identity.machine, identity.wordBits, identity.littleEndian);
  if (!target) {
    throw new NotExecutableError(`${name}: is ${identity.description}, not ${machines}`);
  }
  return target;
}

/** A file's first bytes. @throws what `failure` makes of the reason why it can't be executed */
function readStart(vfs: Vfs, path: string, failure: (code: ErrnoName) => Error): Uint8Array {
  const context = vfs.initialContext({ uid: 0, gid: 0, groups: [] });
  try {
    const found = vfs.resolve(context, undefined, path);
    if (found.inode.kind === "directory") throw new LinuxError("EISDIR");
    if (found.inode.kind !== "file") throw new LinuxError("EACCES");
    vfs.demandAccess(context, found, { execute: true });
    const file = found.inode.open({ read: true, write: false });
    try {
      const buffer = new Uint8Array(startBytes);
      return buffer.subarray(0, file.read(buffer, 0));
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof LinuxError) throw failure(error.code);
    throw error;
  }
}

function programError(code: ErrnoName, name: string): Error {
  return code === "ENOENT" || code === "ENOTDIR"
    ? new ProgramNotFoundError(`${name}: no such program in the guest's file system`)
    : new NotExecutableError(`${name}: ${wordsOf(code)}`);
}

function wordsOf(code: ErrnoName): string {
  return errnoMessage(code).toLowerCase();
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
