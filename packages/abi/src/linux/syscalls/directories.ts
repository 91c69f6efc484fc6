/**
 * Directories and names.
 * @see getdents64(2), mkdir(2), unlink(2), rename(2), link(2), symlink(2), mknod(2), chdir(2)
 */
import { directoryEntryType, kindOfMode } from "../../vfs/mode.ts";
import { encodePath } from "../../vfs/path-name.ts";
import { AT_FDCWD, atFlags } from "../constants/files.ts";
import { LinuxError } from "../errno.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { checkFlags, context, openInode, resolvedDescriptor, startOf } from "./support.ts";
import type { SystemCall } from "./system-call.ts";

const MAX_BUFFER_BYTES = 1 << 20;
// Offset of d_name in struct linux_dirent64.
const ENTRY_HEADER_BYTES = 19;

function getdents(call: SystemCall, fd: number, buffer: number, count: number): number {
  const { description, file } = openInode(call, fd, "ENOTDIR");
  if (file.inode.kind !== "directory") throw new LinuxError("ENOTDIR");
  const limit = Math.min(count, MAX_BUFFER_BYTES);
  const bytes = new Uint8Array(limit);
  const view = new DataView(bytes.buffer);
  const { littleEndian } = call.guest.model;
  let used = 0;
  let { position } = description;
  for (const entry of file.readDirectory(position)) {
    const name = encodePath(entry.name);
    const length = Math.ceil((ENTRY_HEADER_BYTES + name.length + 1) / 8) * 8;
    if (used + length > limit) {
      if (used === 0) throw new LinuxError("EINVAL");
      break;
    }
    view.setBigUint64(used, entry.ino, littleEndian);
    view.setBigInt64(used + 8, BigInt(entry.nextPosition), littleEndian);
    view.setUint16(used + 16, length, littleEndian);
    view.setUint8(used + 18, directoryEntryType(entry.kind));
    bytes.set(name, used + ENTRY_HEADER_BYTES);
    used += length;
    position = entry.nextPosition;
  }
  call.guest.write(buffer, bytes.subarray(0, used));
  description.position = position;
  return used;
}

const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;

const target = { directory: kind.directoryFd, path: kind.path };

/** The rows of this family. */
export const directoryCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "getdents64",
    { fd: kind.fd, buffer: kind.pointer, count: kind.uint },
    (call, { fd, buffer, count }) => getdents(call, fd, buffer, count),
  ),
  systemCall("mkdirat", { ...target, mode: kind.mode }, (call, args) => {
    const path = call.guest.readPath(args.path);
    call.kernel.vfs.mkdir(context(call), startOf(call, args.directory, path), path, args.mode);
    return 0;
  }),
  systemCall(
    "unlinkat",
    { ...target, flags: kind.flags({ AT_REMOVEDIR: atFlags.AT_REMOVEDIR }) },
    (call, args) => {
      checkFlags(args.flags, atFlags.AT_REMOVEDIR);
      const path = call.guest.readPath(args.path);
      const start = startOf(call, args.directory, path);
      const { vfs } = call.kernel;
      if (args.flags !== 0) vfs.rmdir(context(call), start, path);
      else vfs.unlink(context(call), start, path);
      return 0;
    },
  ),
  systemCall(
    "renameat2",
    {
      oldDirectory: kind.directoryFd,
      oldPath: kind.path,
      newDirectory: kind.directoryFd,
      newPath: kind.path,
      flags: kind.flags({ RENAME_NOREPLACE, RENAME_EXCHANGE }),
    },
    (call, args) => {
      checkFlags(args.flags, RENAME_NOREPLACE | RENAME_EXCHANGE);
      if (args.flags === (RENAME_NOREPLACE | RENAME_EXCHANGE)) throw new LinuxError("EINVAL");
      const oldPath = call.guest.readPath(args.oldPath);
      const newPath = call.guest.readPath(args.newPath);
      const mode =
        args.flags === 0 ? "replace" : args.flags === RENAME_NOREPLACE ? "noreplace" : "exchange";
      call.kernel.vfs.rename(
        context(call),
        startOf(call, args.oldDirectory, oldPath),
        oldPath,
        startOf(call, args.newDirectory, newPath),
        newPath,
        mode,
      );
      return 0;
    },
    { support: "partial", note: "RENAME_WHITEOUT is refused." },
  ),
  systemCall(
    "linkat",
    {
      oldDirectory: kind.directoryFd,
      oldPath: kind.path,
      newDirectory: kind.directoryFd,
      newPath: kind.path,
      flags: kind.flags({ ...atFlags }),
    },
    (call, args) => {
      checkFlags(args.flags, atFlags.AT_SYMLINK_FOLLOW | atFlags.AT_EMPTY_PATH);
      const oldPath = call.guest.readPath(args.oldPath);
      const newPath = call.guest.readPath(args.newPath);
      const isEmpty = oldPath === "" && (args.flags & atFlags.AT_EMPTY_PATH) !== 0;
      const { vfs } = call.kernel;
      const source =
        isEmpty && args.oldDirectory !== AT_FDCWD
          ? resolvedDescriptor(call, args.oldDirectory, true)
          : vfs.resolve(context(call), startOf(call, args.oldDirectory, oldPath), oldPath, {
              follow: (args.flags & atFlags.AT_SYMLINK_FOLLOW) !== 0,
              allowEmpty: isEmpty,
            });
      vfs.link(context(call), source, startOf(call, args.newDirectory, newPath), newPath);
      return 0;
    },
  ),
  systemCall(
    "symlinkat",
    { target: kind.path, directory: kind.directoryFd, path: kind.path },
    (call, args) => {
      const text = call.guest.readPath(args.target);
      const path = call.guest.readPath(args.path);
      call.kernel.vfs.symlink(context(call), text, startOf(call, args.directory, path), path);
      return 0;
    },
  ),
  systemCall("mknodat", { ...target, mode: kind.mode, device: kind.uint }, (call, args) => {
    const path = call.guest.readPath(args.path);
    const type = (args.mode & S_IFMT) === 0 ? S_IFREG : args.mode & S_IFMT;
    const fileKind = kindOfMode(type);
    if (fileKind === "directory") throw new LinuxError("EPERM");
    if (fileKind === undefined || fileKind === "symlink") throw new LinuxError("EINVAL");
    const isDevice = fileKind === "character" || fileKind === "block";
    if (isDevice && call.process.identity.effectiveUid !== 0) throw new LinuxError("EPERM");
    call.kernel.vfs.mknod(
      context(call),
      startOf(call, args.directory, path),
      path,
      fileKind,
      args.mode & 0o7777,
      args.device,
    );
    return 0;
  }),
  systemCall("chdir", { path: kind.path }, (call, args) => {
    const path = call.guest.readPath(args.path);
    call.thread.fileSystem.workingDirectory = call.kernel.vfs.enterDirectory(
      context(call),
      undefined,
      path,
    );
    return 0;
  }),
  systemCall("fchdir", { fd: kind.fd }, (call, { fd }) => {
    const { location } = call.thread.files.get(fd);
    if (location?.dentry.inode.kind !== "directory") throw new LinuxError("ENOTDIR");
    call.thread.fileSystem.workingDirectory = call.kernel.vfs.enterDirectory(
      context(call),
      location,
      "",
      true,
    );
    return 0;
  }),
  systemCall("chroot", { path: kind.path }, (call, args) => {
    const path = call.guest.readPath(args.path);
    if (call.process.identity.effectiveUid !== 0) throw new LinuxError("EPERM");
    call.thread.fileSystem.root = call.kernel.vfs.enterDirectory(context(call), undefined, path);
    return 0;
  }),
  systemCall("getcwd", { buffer: kind.pointer, size: kind.size }, (call, { buffer, size }) => {
    const path = encodePath(call.kernel.vfs.workingDirectoryPath(context(call)));
    if (size < path.length + 1) throw new LinuxError("ERANGE");
    const bytes = new Uint8Array(path.length + 1);
    bytes.set(path);
    call.guest.write(buffer, bytes);
    return bytes.length;
  }),
];
