/**
 * Looking at files: attributes, access, links, file systems.
 * @see stat(2), statx(2), access(2), readlink(2), statfs(2)
 */
import { encodePath } from "../../vfs/path-name.ts";
import type { Resolved } from "../../vfs/path-walk.ts";
import type { Stat } from "../../vfs/types.ts";
import { AT_FDCWD, atFlags } from "../constants/files.ts";
import { LinuxError } from "../errno.ts";
import { encodeStat, encodeStatfs, encodeStatx } from "../layout/file-structures.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { checkFlags, context, resolvedDescriptor, startOf } from "./support.ts";
import type { SystemCall } from "./system-call.ts";

const { AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, AT_NO_AUTOMOUNT } = atFlags;
const AT_EACCESS = 0x200;
const AT_STATX_SYNC_TYPE = 0x6000;
const STATX_RESERVED = 0x8000_0000;

interface Looked {
  readonly stat: Stat;
  readonly mountId: number | undefined;
}

function look(call: SystemCall, directory: number, pathAddress: number, flags: number): Looked {
  const isEmptyAllowed = (flags & AT_EMPTY_PATH) !== 0;
  // Newer C libraries pass a null pointer with AT_EMPTY_PATH.
  const path = isEmptyAllowed && pathAddress === 0 ? "" : call.guest.readPath(pathAddress);
  if (path === "" && isEmptyAllowed && directory !== AT_FDCWD) return lookAt(call, directory);
  const found = call.kernel.vfs.resolve(context(call), startOf(call, directory, path), path, {
    follow: (flags & AT_SYMLINK_NOFOLLOW) === 0,
    allowEmpty: isEmptyAllowed,
  });
  return { stat: statOf(call, found), mountId: found.location?.mount.id };
}

function lookAt(call: SystemCall, fd: number): Looked {
  const { object, location } = call.thread.files.get(fd);
  if (object.file !== undefined) call.kernel.pageSources.beforeRead(object.file.inode);
  return { stat: object.stat(), mountId: location?.mount.id };
}

function statOf(call: SystemCall, { inode }: Resolved): Stat {
  call.kernel.pageSources.beforeRead(inode);
  return inode.stat();
}

const R_OK = 4;
const W_OK = 2;
const X_OK = 1;

function access(
  call: SystemCall,
  directory: number,
  pathAddress: number,
  mode: number,
  flags: number,
): number {
  if ((mode & ~7) !== 0) throw new LinuxError("EINVAL");
  checkFlags(flags, AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  const path = call.guest.readPath(pathAddress);
  const view = context(call);
  const { identity } = call.process;
  const { vfs } = call.kernel;
  // access(2) asks for the real ids, so that set-user-id programs can ask for their caller.
  const real =
    (flags & AT_EACCESS) !== 0
      ? view
      : {
          ...view,
          credentials: { uid: identity.uid, gid: identity.gid, groups: identity.groups },
        };
  const found =
    path === "" && (flags & AT_EMPTY_PATH) !== 0 && directory !== AT_FDCWD
      ? resolvedDescriptor(call, directory, true)
      : vfs.resolve(real, startOf(call, directory, path), path, {
          follow: (flags & AT_SYMLINK_NOFOLLOW) === 0,
          allowEmpty: (flags & AT_EMPTY_PATH) !== 0,
        });
  if (mode !== 0) {
    vfs.demandAccess(real, found, {
      read: (mode & R_OK) !== 0,
      write: (mode & W_OK) !== 0,
      execute: (mode & X_OK) !== 0,
    });
  }
  return 0;
}

function statfs(call: SystemCall, found: Resolved, buffer: number): number {
  const isReadOnly = found.location?.mount.readOnly ?? found.inode.fileSystem.readOnly;
  const stat = call.kernel.vfs.statfs(found);
  call.guest.write(buffer, encodeStatfs(call.guest.model, stat, isReadOnly));
  return 0;
}

const accessMode = kind.flags({ R_OK, W_OK, X_OK }, "F_OK");
const statFlags = kind.flags({ ...atFlags });
const accessArguments = { directory: kind.directoryFd, path: kind.path, mode: accessMode };

/** The rows of this family. */
export const fileStatCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "newfstatat",
    { directory: kind.directoryFd, path: kind.path, buffer: kind.pointer, flags: statFlags },
    (call, { directory, path, buffer, flags }) => {
      checkFlags(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT);
      const { stat } = look(call, directory, path, flags);
      call.guest.write(buffer, encodeStat(call.guest.model, stat));
      return 0;
    },
  ),
  systemCall("fstat", { fd: kind.fd, buffer: kind.pointer }, (call, { fd, buffer }) => {
    call.guest.write(buffer, encodeStat(call.guest.model, lookAt(call, fd).stat));
    return 0;
  }),
  systemCall(
    "statx",
    {
      directory: kind.directoryFd,
      path: kind.path,
      flags: statFlags,
      mask: kind.hexUint,
      buffer: kind.pointer,
    },
    (call, { directory, path, flags, mask, buffer }) => {
      checkFlags(flags, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE);
      if ((mask & STATX_RESERVED) !== 0) throw new LinuxError("EINVAL");
      const { stat, mountId } = look(call, directory, path, flags);
      call.guest.write(buffer, encodeStatx(call.guest.model, stat, mountId));
      return 0;
    },
  ),
  systemCall("faccessat", accessArguments, (call, { directory, path, mode }) =>
    access(call, directory, path, mode, 0),
  ),
  systemCall(
    "faccessat2",
    { ...accessArguments, flags: kind.hexUint },
    (call, { directory, path, mode, flags }) => access(call, directory, path, mode, flags),
  ),
  systemCall(
    "readlinkat",
    {
      directory: kind.directoryFd,
      path: kind.path,
      buffer: kind.bytesOut,
      size: kind.int,
    },
    (call, { directory, path: pathAddress, buffer, size }) => {
      if (size <= 0) throw new LinuxError("EINVAL");
      const path = call.guest.readPath(pathAddress);
      const start = startOf(call, directory, path);
      const text = encodePath(call.kernel.vfs.readlink(context(call), start, path));
      const part = text.subarray(0, size);
      call.guest.write(buffer, part);
      return part.length;
    },
  ),
  systemCall("statfs", { path: kind.path, buffer: kind.pointer }, (call, args) => {
    const { path, buffer } = statfsArguments(call, args);
    const found = call.kernel.vfs.resolve(context(call), undefined, call.guest.readPath(path));
    return statfs(call, found, buffer);
  }),
  systemCall("fstatfs", { fd: kind.fd, buffer: kind.pointer }, (call, args) => {
    const { buffer } = statfsArguments(call, { path: 0, buffer: args.buffer });
    return statfs(call, resolvedDescriptor(call, args.fd, true), buffer);
  }),
];

// The 32-bit calls have the structure's size as second argument, before the buffer.
function statfsArguments(
  call: SystemCall,
  args: { path: number; buffer: number },
): { path: number; buffer: number } {
  if (call.guest.model.wordBytes === 8) return args;
  return { path: args.path, buffer: Number(call.raw.arguments[2] ?? 0n) };
}
