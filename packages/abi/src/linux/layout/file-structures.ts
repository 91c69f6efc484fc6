/**
 * The structures of the file system calls.
 * @see stat(2), statx(2), statfs(2), include/uapi/asm-generic/stat.h
 */
import type { FileSystemStat, Stat } from "../../vfs/types.ts";
import type { DataModel, Struct } from "./struct.ts";
import { struct } from "./struct.ts";

const NANOS = 1_000_000_000n;

const statMembers = {
  dev: "word",
  ino: "bits",
  mode: "u32",
  nlink: "u32",
  uid: "u32",
  gid: "u32",
  rdev: "word",
  pad1: "word",
  size: "long",
  blockBytes: "i32",
  pad2: "i32",
  blocks: "long",
  atime: "long",
  atimeNanos: "word",
  mtime: "long",
  mtimeNanos: "word",
  ctime: "long",
  ctimeNanos: "word",
  unused4: "u32",
  unused5: "u32",
} as const;
/** `struct stat` of the generic 64-bit ABI, 128 bytes. */
export const statStruct: Struct<typeof statMembers> = struct(statMembers);

const statxTimeMembers = { seconds: "i64", nanos: "u32", reserved: "i32" } as const;
const statxTime: Struct<typeof statxTimeMembers> = struct(statxTimeMembers);

const statxMembers = {
  mask: "u32",
  blockBytes: "u32",
  attributes: "u64",
  nlink: "u32",
  uid: "u32",
  gid: "u32",
  mode: "u16",
  spare0: "u16",
  ino: "u64",
  size: "u64",
  blocks: "u64",
  attributesMask: "u64",
  atime: statxTime as typeof statxTime,
  btime: statxTime as typeof statxTime,
  ctime: statxTime as typeof statxTime,
  mtime: statxTime as typeof statxTime,
  rdevMajor: "u32",
  rdevMinor: "u32",
  devMajor: "u32",
  devMinor: "u32",
  mountId: "u64",
  directMemoryAlign: "u32",
  directOffsetAlign: "u32",
  spare: { bytes: 96 },
} as const;
/** `struct statx`, 256 bytes on every port. */
export const statxStruct: Struct<typeof statxMembers> = struct(statxMembers);

const statfsMembers = {
  type: "word",
  blockBytes: "word",
  blocks: "u64",
  blocksFree: "u64",
  blocksAvailable: "u64",
  files: "u64",
  filesFree: "u64",
  fsid0: "i32",
  fsid1: "i32",
  nameBytes: "word",
  fragmentBytes: "word",
  flags: "word",
  spare0: "word",
  spare1: "word",
  spare2: "word",
  spare3: "word",
} as const;
/** `struct statfs` (`statfs64` on 32-bit guests), whose counts have 64 bits. */
export const statfsStruct: Struct<typeof statfsMembers> = struct(statfsMembers);

/** The guest's `struct stat`. */
export function encodeStat(model: DataModel, stat: Stat): Uint8Array {
  return statStruct.encode(model, {
    dev: stat.dev,
    ino: stat.ino,
    mode: stat.mode,
    nlink: stat.nlink,
    uid: stat.uid,
    gid: stat.gid,
    rdev: stat.rdev,
    size: stat.sizeBytes,
    blockBytes: stat.blockBytes,
    blocks: stat.blocks,
    atime: stat.atimeNanos / NANOS,
    atimeNanos: stat.atimeNanos % NANOS,
    mtime: stat.mtimeNanos / NANOS,
    mtimeNanos: stat.mtimeNanos % NANOS,
    ctime: stat.ctimeNanos / NANOS,
    ctimeNanos: stat.ctimeNanos % NANOS,
  });
}

const STATX_BASIC_STATS = 0x7ff;
const STATX_BTIME = 0x800;
const STATX_MNT_ID = 0x1000;

/** The guest's `struct statx`. */
export function encodeStatx(model: DataModel, stat: Stat, mountId: number | undefined): Uint8Array {
  const time = (nanos: bigint): { seconds: bigint; nanos: bigint } => ({
    seconds: nanos / NANOS,
    nanos: nanos % NANOS,
  });
  return statxStruct.encode(model, {
    mask:
      STATX_BASIC_STATS |
      (stat.btimeNanos === undefined ? 0 : STATX_BTIME) |
      (mountId === undefined ? 0 : STATX_MNT_ID),
    blockBytes: stat.blockBytes,
    nlink: stat.nlink,
    uid: stat.uid,
    gid: stat.gid,
    mode: stat.mode,
    ino: stat.ino,
    size: stat.sizeBytes,
    blocks: stat.blocks,
    atime: time(stat.atimeNanos),
    btime: time(stat.btimeNanos ?? 0n),
    ctime: time(stat.ctimeNanos),
    mtime: time(stat.mtimeNanos),
    rdevMajor: (stat.rdev >>> 8) & 0xfff,
    rdevMinor: (stat.rdev & 0xff) | ((stat.rdev >>> 12) & 0xfff00),
    devMajor: (stat.dev >>> 8) & 0xfff,
    devMinor: (stat.dev & 0xff) | ((stat.dev >>> 12) & 0xfff00),
    mountId: mountId ?? 0,
  });
}

const ST_RDONLY = 1;
const ST_VALID = 0x20;

/** The guest's `struct statfs`. */
export function encodeStatfs(
  model: DataModel,
  stat: FileSystemStat,
  readOnly: boolean,
): Uint8Array {
  return statfsStruct.encode(model, {
    type: stat.magic,
    blockBytes: stat.blockBytes,
    blocks: stat.blocks,
    blocksFree: stat.blocksFree,
    blocksAvailable: stat.blocksAvailable,
    files: stat.files,
    filesFree: stat.filesFree,
    nameBytes: stat.nameBytes,
    fragmentBytes: stat.blockBytes,
    flags: ST_VALID | (readOnly ? ST_RDONLY : 0),
  });
}
