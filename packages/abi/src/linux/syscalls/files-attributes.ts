/**
 * Changing files' attributes and sizes, and bringing them to storage.
 * @see chmod(2), chown(2), utimensat(2), truncate(2), fallocate(2), fsync(2), xattr(7)
 */
import type { NewTime } from "../../vfs/attributes.ts";
import type { Resolved } from "../../vfs/path-walk.ts";
import type { AllocateMode } from "../../vfs/types.ts";
import { AT_FDCWD, atFlags } from "../constants/files.ts";
import { LinuxError } from "../errno.ts";
import { nanosPart, timespecStruct } from "../layout/time-structures.ts";
import type { ArgumentKinds, SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import {
  checkFlags,
  context,
  openDescription,
  openInode,
  resolvedDescriptor,
  startOf,
  storedInode,
} from "./support.ts";
import type { SystemCall } from "./system-call.ts";

const { AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH } = atFlags;

function resolve(
  call: SystemCall,
  directory: number,
  pathAddress: number,
  flags: number,
): Resolved {
  const path = call.guest.readPath(pathAddress);
  const allowEmpty = (flags & AT_EMPTY_PATH) !== 0;
  if (path === "" && allowEmpty && directory !== AT_FDCWD) {
    return resolvedDescriptor(call, directory, true);
  }
  return call.kernel.vfs.resolve(context(call), startOf(call, directory, path), path, {
    follow: (flags & AT_SYMLINK_NOFOLLOW) === 0,
    allowEmpty,
  });
}

function chown(call: SystemCall, found: Resolved, uid: number, gid: number): number {
  const changed = (id: number): number | undefined => (id === 0xffff_ffff ? undefined : id);
  call.kernel.vfs.chown(context(call), found, changed(uid), changed(gid));
  return 0;
}

const UTIME_NOW = 0x3fff_ffff;
const UTIME_OMIT = 0x3fff_fffe;

function newTime(call: SystemCall, address: number): NewTime {
  const { guest } = call;
  const { seconds, nanos: raw } = guest.readStruct(timespecStruct, address);
  const nanos = nanosPart(guest.model, raw);
  if (nanos === UTIME_NOW) return "now";
  if (nanos === UTIME_OMIT) return "omit";
  if (nanos < 0 || nanos >= 1_000_000_000) throw new LinuxError("EINVAL");
  return seconds * 1_000_000_000n + BigInt(nanos);
}

const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
const FALLOC_FL_ZERO_RANGE = 16;

function allocateMode(mode: number): AllocateMode {
  switch (mode) {
    case 0:
      return "extend";
    case FALLOC_FL_KEEP_SIZE:
      return "keepSize";
    case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE:
      return "punchHole";
    case FALLOC_FL_ZERO_RANGE:
      return "zeroRange";
    case FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE:
      return "zeroRangeKeepSize";
    default:
      throw new LinuxError("EOPNOTSUPP");
  }
}

function sync(call: SystemCall, fd: number, what: "data" | "all"): number {
  const { file } = openInode(call, fd);
  call.kernel.pageSources.beforeRead(file.inode);
  file.sync(what);
  return 0;
}

const withoutAttributes = { support: "stub", note: "No file has extended attributes." } as const;

function attributeCall<const K extends ArgumentKinds>(
  name: string,
  parameters: K,
  answer: "EOPNOTSUPP" | "ENODATA" | 0,
): SystemCallDefinition {
  return systemCall(
    name,
    parameters,
    (call) => {
      const [first] = Object.entries(call.arguments);
      const value = Number(first?.[1] ?? 0);
      // The file itself still has to be there.
      if (name.startsWith("f")) openDescription(call, value);
      else {
        const path = call.guest.readPath(value);
        call.kernel.vfs.resolve(context(call), undefined, path, { follow: !name.startsWith("l") });
      }
      if (answer === 0) return 0;
      throw new LinuxError(answer);
    },
    withoutAttributes,
  );
}

function attributeCalls(prefix: "" | "l" | "f"): SystemCallDefinition[] {
  const file = prefix === "f" ? { fd: kind.fd } : { path: kind.path };
  const value = { name: kind.path, value: kind.pointer, size: kind.size };
  return [
    attributeCall(`${prefix}setxattr`, { ...file, ...value, flags: kind.int }, "EOPNOTSUPP"),
    attributeCall(`${prefix}getxattr`, { ...file, ...value }, "ENODATA"),
    attributeCall(`${prefix}listxattr`, { ...file, list: kind.pointer, size: kind.size }, 0),
    attributeCall(`${prefix}removexattr`, { ...file, name: kind.path }, "ENODATA"),
  ];
}

const target = { directory: kind.directoryFd, path: kind.path };
const owners = { uid: kind.id, gid: kind.id };

/** The rows of this family. */
export const fileAttributeCalls: readonly SystemCallDefinition[] = [
  systemCall("fchmod", { fd: kind.fd, mode: kind.mode }, (call, { fd, mode }) => {
    call.kernel.vfs.chmod(context(call), resolvedDescriptor(call, fd), mode & 0o7777);
    return 0;
  }),
  systemCall("fchmodat", { ...target, mode: kind.mode }, (call, { directory, path, mode }) => {
    call.kernel.vfs.chmod(context(call), resolve(call, directory, path, 0), mode & 0o7777);
    return 0;
  }),
  systemCall(
    "fchmodat2",
    { ...target, mode: kind.mode, flags: kind.flags({ ...atFlags }) },
    (call, { directory, path, mode, flags }) => {
      checkFlags(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
      const found = resolve(call, directory, path, flags);
      if (found.inode.kind === "symlink") throw new LinuxError("EOPNOTSUPP");
      call.kernel.vfs.chmod(context(call), found, mode & 0o7777);
      return 0;
    },
  ),
  systemCall("fchown", { fd: kind.fd, ...owners }, (call, { fd, uid, gid }) =>
    chown(call, resolvedDescriptor(call, fd), uid, gid),
  ),
  systemCall(
    "fchownat",
    { ...target, ...owners, flags: kind.flags({ ...atFlags }) },
    (call, { directory, path, uid, gid, flags }) => {
      checkFlags(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
      return chown(call, resolve(call, directory, path, flags), uid, gid);
    },
  ),
  systemCall(
    "utimensat",
    { ...target, times: kind.pointer, flags: kind.flags({ ...atFlags }) },
    (call, { directory, path, times, flags }) => {
      checkFlags(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
      const size = timespecStruct.sizeOf(call.guest.model);
      const atime = times === 0 ? "now" : newTime(call, times);
      const mtime = times === 0 ? "now" : newTime(call, times + size);
      if (atime === "omit" && mtime === "omit") return 0;
      // Without a path it is futimens(3): the descriptor itself.
      const found =
        path === 0 && directory !== AT_FDCWD
          ? resolvedDescriptor(call, directory)
          : resolve(call, directory, path, flags);
      call.kernel.vfs.setTimes(context(call), found, atime, mtime);
      return 0;
    },
  ),
  systemCall("truncate", { path: kind.path, length: kind.offset }, (call, args) => {
    if (args.length < 0) throw new LinuxError("EINVAL");
    const found = call.kernel.vfs.resolve(context(call), undefined, call.guest.readPath(args.path));
    call.kernel.vfs.truncate(context(call), found, args.length);
    call.kernel.pageSources.afterWrite(found.inode, 0, Number.MAX_SAFE_INTEGER);
    return 0;
  }),
  systemCall(
    "fallocate",
    { fd: kind.fd, mode: kind.hexUint, offset: kind.offset, length: kind.offset },
    (call, { fd, mode, offset, length }) => {
      if (offset < 0 || length <= 0) throw new LinuxError("EINVAL");
      if (offset + length > Number.MAX_SAFE_INTEGER) throw new LinuxError("EFBIG");
      const { description, file } = openInode(call, fd, "ESPIPE");
      if (!description.writable) throw new LinuxError("EBADF");
      const inode = storedInode(description.object);
      if (inode === undefined) throw new LinuxError("ENODEV");
      file.allocate(allocateMode(mode), offset, length);
      call.kernel.pageSources.afterWrite(inode, offset, length);
      return 0;
    },
    { support: "partial", note: "No collapsing, inserting or unsharing of ranges." },
  ),
  systemCall("fsync", { fd: kind.fd }, (call, { fd }) => sync(call, fd, "all")),
  systemCall("fdatasync", { fd: kind.fd }, (call, { fd }) => sync(call, fd, "data")),
  systemCall(
    "sync_file_range",
    { fd: kind.fd, offset: kind.offset, length: kind.offset, flags: kind.hexUint },
    (call, { fd }) => sync(call, fd, "data"),
  ),
  systemCall("sync", {}, () => 0, {
    support: "stub",
    note: "Writes reach the host at once; its own cache is the host's affair.",
  }),
  systemCall(
    "syncfs",
    { fd: kind.fd },
    (call, { fd }) => {
      openDescription(call, fd);
      return 0;
    },
    { support: "stub" },
  ),
  systemCall("umask", { mask: kind.mode }, (call, { mask }) => {
    const { fileSystem } = call.thread;
    const before = fileSystem.umask;
    fileSystem.umask = mask & 0o777;
    return before;
  }),
  systemCall(
    "fadvise64",
    { fd: kind.fd, offset: kind.offset, length: kind.offset, advice: kind.int },
    (call, { fd }) => {
      if (call.thread.files.get(fd).object.kind === "pipe") throw new LinuxError("ESPIPE");
      return 0;
    },
    { support: "stub", note: "Advice is ignored." },
  ),
  systemCall(
    "readahead",
    { fd: kind.fd, offset: kind.offset, count: kind.size },
    (call, { fd }) => {
      openInode(call, fd);
      return 0;
    },
    { support: "stub" },
  ),
  ...attributeCalls(""),
  ...attributeCalls("l"),
  ...attributeCalls("f"),
];
