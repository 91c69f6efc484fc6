/** Attributes of the host's files as Node gives them. */
import { type BigIntStats, constants, type Dirent, type StatsFsBase } from "node:fs";
import { LinuxError } from "../linux/errno.ts";
import type { HostIdentity, HostStat } from "../vfs/host/driver.ts";
import { kindOfMode, permissionMask } from "../vfs/mode.ts";
import type { FileKind, FileSystemStat } from "../vfs/types.ts";

/** Attributes from a `Stats` object. */
export function hostStat(stats: BigIntStats): HostStat {
  const mode = Number(stats.mode);
  return {
    // A kind that Linux doesn't have can't be opened, as devices can't.
    kind: kindOfMode(mode & constants.S_IFMT) ?? "character",
    dev: stats.dev,
    ino: stats.ino,
    mode: mode & permissionMask,
    nlink: Number(stats.nlink),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    rdev: Number(BigInt.asUintN(32, stats.rdev)),
    sizeBytes: Number(stats.size),
    blockBytes: Number(stats.blksize),
    blocks: Number(stats.blocks ?? 0n),
    atimeNanos: stats.atimeNs,
    mtimeNanos: stats.mtimeNs,
    ctimeNanos: stats.ctimeNs,
    btimeNanos: stats.birthtimeNs,
  };
}

/** The kind of a directory's entry, as a listing says it. */
export function kindOfEntry(entry: Dirent<string | Buffer>): FileKind {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  if (entry.isSymbolicLink()) return "symlink";
  if (entry.isFIFO()) return "fifo";
  if (entry.isSocket()) return "socket";
  return entry.isBlockDevice() ? "block" : "character";
}

/** Totals of a file system of the host. */
export function hostFileSystemStat(stats: StatsFsBase<bigint>): FileSystemStat {
  return {
    magic: Number(BigInt.asUintN(32, stats.type)),
    blockBytes: Number(stats.bsize),
    blocks: stats.blocks,
    blocksFree: stats.bfree,
    blocksAvailable: stats.bavail,
    files: stats.files,
    filesFree: stats.ffree,
    nameBytes: 255,
  };
}

/** @throws LinuxError ESTALE unless it is the file expected. */
export function demandSame(stat: HostStat, expected: HostIdentity): void {
  const isSame = stat.dev === expected.dev && stat.ino === expected.ino;
  if (!isSame || stat.kind !== expected.kind) throw new LinuxError("ESTALE");
}

/** @throws LinuxError EINVAL unless it is a single component: what the VFS has made sure of. */
export function demandComponent(name: string): void {
  const isForbidden = process.platform === "win32" ? /[/\\:*?"<>|\0]/ : /[/\0]/;
  if (name === "" || name === "." || name === ".." || isForbidden.test(name)) {
    throw new LinuxError("EINVAL", name);
  }
}

/**
 * A time stamp as Node takes it, exact to the microsecond, which is what Node passes on. Times
 * before 1970, exact to the millisecond: Node takes negative ones only as dates.
 */
export function nodeTime(nanos: bigint): number | Date {
  if (nanos < 0n) return new Date(Number(nanos / 1_000_000n));
  // The half keeps Node's conversion, which cuts off, from losing one to a double's rounding.
  return (Number(nanos / 1000n) + 0.5) / 1e6;
}
