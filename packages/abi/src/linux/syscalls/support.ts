/**
 * What handlers of several families need: descriptors, path names, structures of the guest.
 */

import type { Resolved } from "../../vfs/path-walk.ts";
import type { FileContext, IoctlArgument, Location, OpenFile } from "../../vfs/types.ts";
import { AT_FDCWD } from "../constants/files.ts";
import { LinuxError } from "../errno.ts";
import type { FileDescription } from "../files/description.ts";
import type { FileObject } from "../files/file-object.ts";
import { fileCredentials } from "../process/credentials.ts";
import { resources, softLimit } from "../process/resource-limits.ts";
import type { SystemCall } from "./system-call.ts";

/** The caller's view of the file tree. */
export function context(call: SystemCall): FileContext {
  const { fileSystem, process } = call.thread;
  return {
    root: fileSystem.root,
    workingDirectory: fileSystem.workingDirectory,
    credentials: fileCredentials(process.identity),
    umask: fileSystem.umask,
  };
}

/** An open description that is not O_PATH. @throws LinuxError EBADF. */
export function openDescription(call: SystemCall, fd: number): FileDescription {
  const description = call.thread.files.get(fd);
  if (description.isPath) throw new LinuxError("EBADF");
  return description;
}

/** The opened inode behind a descriptor. @throws LinuxError EBADF, `other` for pipes and the like. */
export function openInode(
  call: SystemCall,
  fd: number,
  other: "EINVAL" | "ENODEV" | "ESPIPE" | "ENOTDIR" = "EINVAL",
): { description: FileDescription; file: OpenFile } {
  const description = openDescription(call, fd);
  const { file } = description.object;
  if (file === undefined) throw new LinuxError(other);
  return { description, file };
}

/** What a descriptor refers to, in the tree: for fchmod(2) and the like. @throws LinuxError EBADF. */
export function resolvedDescriptor(call: SystemCall, fd: number, allowPath = false): Resolved {
  const description = allowPath ? call.thread.files.get(fd) : openDescription(call, fd);
  const { location, object } = description;
  const inode = location?.dentry.inode ?? object.file?.inode;
  if (inode === undefined) throw new LinuxError("EINVAL");
  return { inode, location };
}

/** Where the paths of an `*at` call start. An absolute path does not look at `fd` at all. */
export function startOf(call: SystemCall, fd: number, path: string): Location | undefined {
  if (fd === AT_FDCWD || path.startsWith("/")) return undefined;
  const { location } = call.thread.files.get(fd);
  if (location === undefined) throw new LinuxError("ENOTDIR");
  if (path !== "" && location.dentry.inode.kind !== "directory") throw new LinuxError("ENOTDIR");
  return location;
}

/** Gives a new description the lowest free number. */
export function install(
  call: SystemCall,
  description: FileDescription,
  closeOnExec: boolean,
): number {
  const { files, process } = call.thread;
  const limit = softLimit(process.limits, resources.RLIMIT_NOFILE);
  try {
    return files.add(description, closeOnExec, limit);
  } catch (error) {
    // The object was opened for nothing.
    description.retain().release();
    throw error;
  }
}

/** The window on guest memory that an `ioctl` gets. */
export function ioctlArgument(call: SystemCall, value: bigint): IoctlArgument {
  const address = Number(value);
  return {
    value,
    read: (length) => call.guest.read(address, length),
    write: (bytes) => call.guest.write(address, bytes),
  };
}

/** Waits for an object's readiness, or fails with EAGAIN where the description doesn't block. */
export function isWouldBlock(error: unknown): boolean {
  return error instanceof LinuxError && error.code === "EAGAIN";
}

/** The inode whose pages may be mapped, for regular files. */
export function storedInode(object: FileObject): OpenFile["inode"] | undefined {
  const inode = object.file?.inode;
  return inode?.kind === "file" ? inode : undefined;
}

/** Refuses bits that are not among the known ones. @throws LinuxError EINVAL. */
export function checkFlags(value: number, known: number): void {
  if ((value & ~known) !== 0) throw new LinuxError("EINVAL");
}
