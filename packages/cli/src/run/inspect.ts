/** What a program in the guest's tree is, before anything is made to run it. */
import { type ErrnoName, errnoMessage, LinuxError, type Vfs } from "@isovm/abi";
import { elfIdentity, otherKind } from "../elf/file-kind.ts";
import { NotExecutableError, ProgramNotFoundError } from "../errors.ts";
import { findTarget, type Target, targets } from "./targets.ts";

/** Linux gives up after so many interpreters of interpreters. */
const largestScriptDepth = 4;
/** As much of a script's first line as Linux looks at. */
const startBytes = 256;

/** As much of an executable as tells it from others. */
const identityBytes = 64 * 2 ** 20;

/** A program that can be run. */
export interface Executable {
  readonly target: Target;
  /** The file that is executed, a script's interpreter in place of the script. */
  readonly path: string;
}

/** What to do about a file that a program needs besides itself. */
export const rootHint = "--root gives the guest a file system";

/**
 * The executable that a program is; for a script, its interpreter.
 *
 * @param name what the user calls the program.
 * @param hasRoot whether the guest has a root of the host's, in which interpreters may be.
 * @throws ProgramNotFoundError, NotExecutableError
 */
export function inspectProgram(vfs: Vfs, path: string, name: string, hasRoot: boolean): Executable {
  let start = readPart(vfs, path, startBytes, (code) => programError(code, name));
  let described = name;
  let executable = path;
  for (let depth = 0; depth < largestScriptDepth; depth += 1) {
    const interpreter = /^#![ \t]*([^ \t\n\0]+)/.exec(latin1(start))?.[1];
    if (interpreter === undefined) return { target: targetOf(start, described), path: executable };
    executable = interpreter;
    described = `${name}: its interpreter ${interpreter}`;
    const failed = described;
    start = readPart(vfs, interpreter, startBytes, (code) => {
      const hint = code === "ENOENT" && !hasRoot ? ` (${rootHint})` : "";
      return new NotExecutableError(`${failed}: ${wordsOf(code)}${hint}`);
    });
  }
  throw new NotExecutableError(`${name}: too many interpreters of interpreters`);
}

/** The bytes of an executable, for all that they are needed to tell it from others. */
export function identifyingBytes(vfs: Vfs, { path }: Executable): Uint8Array {
  return readPart(vfs, path, identityBytes, (code) => programError(code, path));
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

/** A file's first bytes, `length` at most. @throws what `failure` makes of the reason why it can't be executed */
function readPart(
  vfs: Vfs,
  path: string,
  length: number,
  failure: (code: ErrnoName) => Error,
): Uint8Array {
  const context = vfs.initialContext({ uid: 0, gid: 0, groups: [] });
  try {
    const found = vfs.resolve(context, undefined, path);
    if (found.inode.kind === "directory") throw new LinuxError("EISDIR");
    if (found.inode.kind !== "file") throw new LinuxError("EACCES");
    vfs.demandAccess(context, found, { execute: true });
    const file = found.inode.open({ read: true, write: false });
    try {
      const buffer = new Uint8Array(Math.min(length, Math.max(file.size(), startBytes)));
      let filled = 0;
      for (let count = -1; count !== 0 && filled < buffer.length; filled += count) {
        count = file.read(buffer.subarray(filled), filled);
      }
      return buffer.subarray(0, filled);
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
