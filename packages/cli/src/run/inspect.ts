/** What a program in the guest's tree is, before anything is made to run it. */
import { type ErrnoName, errnoMessage, LinuxError, type Vfs } from "@isovm/abi";
import { elfIdentity, otherKind } from "../elf/file-kind.ts";
import { NotExecutableError, ProgramNotFoundError } from "../errors.ts";
import { findTarget, type Target, targets } from "./targets.ts";

/** Linux gives up after so many interpreters of interpreters. */
const largestScriptDepth = 4;
/** As much of a script's first line as Linux looks at. */
const startBytes = 256;

/**
 * The target of a program; for a script, that of its interpreter.
 *
 * @param name what the user calls the program.
 * @throws ProgramNotFoundError, NotExecutableError
 */
export function inspectProgram(vfs: Vfs, path: string, name: string): Target {
  let at = path;
  for (let depth = 0; depth <= largestScriptDepth; depth += 1) {
    const start = readStart(vfs, at, depth === 0 ? name : `${name}: its interpreter ${at}`, depth);
    const script = /^#![ \t]*([^ \t\n\0]+)/.exec(latin1(start));
    if (!script?.[1]) return targetOf(start, depth === 0 ? name : `${name}: its interpreter ${at}`);
    at = script[1];
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

function readStart(vfs: Vfs, path: string, name: string, depth: number): Uint8Array {
  const context = vfs.initialContext({ uid: 0, gid: 0, groups: [] });
  try {
    const found = vfs.resolve(context, undefined, path);
    const { kind } = found.inode;
    if (kind === "directory") throw new NotExecutableError(`${name}: is a directory`);
    if (kind !== "file") throw new NotExecutableError(`${name}: is not a regular file`);
    vfs.demandAccess(context, found, { execute: true });
    const file = found.inode.open({ read: true, write: false });
    try {
      const buffer = new Uint8Array(startBytes);
      return buffer.subarray(0, file.read(buffer, 0));
    } finally {
      file.close();
    }
  } catch (error) {
    if (error instanceof LinuxError) throw pathError(error.code, name, depth);
    throw error;
  }
}

/** Why a path doesn't lead to a program. */
function pathError(code: ErrnoName, name: string, depth: number): Error {
  if (depth === 0 && (code === "ENOENT" || code === "ENOTDIR")) {
    return new ProgramNotFoundError(`${name}: no such program in the guest's file system`);
  }
  const hint = code === "ENOENT" ? " (--root gives the guest a file system)" : "";
  return new NotExecutableError(`${name}: ${errnoMessage(code).toLowerCase()}${hint}`);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
