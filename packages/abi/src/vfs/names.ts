/**
 * Making, linking, moving and removing names.
 * @see mkdir(2), mknod(2), symlink(2), link(2), unlink(2), rmdir(2), rename(2)
 */
import { LinuxError } from "../linux/errno.ts";
import type { MountTable } from "./mount-table.ts";
import { demandWritableDirectory, newInode } from "./open-path.ts";
import { PathWalk, type Resolved, type ResolvedName } from "./path-walk.ts";
import { demand, demandRemoval, may } from "./permission.ts";
import type {
  FileContext,
  FileKind,
  Inode,
  Location,
  NewInode,
  RenameMode,
  Start,
} from "./types.ts";

/** Makes a name and an inode of any kind. */
export function create(
  mounts: MountTable,
  context: FileContext,
  start: Start,
  path: string,
  kind: FileKind,
  mode: number,
  rest: Pick<NewInode, "rdev" | "target"> = {},
): Location {
  const walk = new PathWalk(mounts, context);
  const { parent, name } = vacantName(walk, walk.resolveName(start, path), path, kind);
  // Asked before the permissions, since `mkdir -p` on a read-only tree relies on EEXIST above.
  demandWritableDirectory(context, parent, path);
  if ((kind === "character" || kind === "block") && context.credentials.uid !== 0) {
    throw new LinuxError("EPERM", path);
  }
  // Symlinks have no permissions of their own.
  const node =
    kind === "symlink"
      ? { ...newInode(context, parent, kind, 0, rest), mode: 0o777 }
      : newInode(context, parent, kind, mode, rest);
  const inode = parent.dentry.inode.create(name, node);
  return { mount: parent.mount, dentry: parent.dentry.child(name, inode) };
}

/** Gives an inode another name. */
export function link(
  mounts: MountTable,
  context: FileContext,
  source: Resolved,
  start: Start,
  path: string,
): void {
  const walk = new PathWalk(mounts, context);
  const { parent, name } = vacantName(walk, walk.resolveName(start, path), path, "file");
  if (source.location?.mount !== parent.mount) throw new LinuxError("EXDEV", path);
  if (source.inode.fileSystem !== parent.dentry.inode.fileSystem)
    throw new LinuxError("EXDEV", path);
  demandWritableDirectory(context, parent, path);
  if (source.inode.kind === "directory") throw new LinuxError("EPERM", path);
  parent.dentry.inode.link(name, source.inode);
}

/** Removes a name of anything but a directory. */
export function unlink(mounts: MountTable, context: FileContext, start: Start, path: string): void {
  const walk = new PathWalk(mounts, context);
  const target = walk.resolveName(start, path);
  if (target.name === undefined) throw new LinuxError("EISDIR", path);
  const inode = removable(mounts, walk, context, target, target.name, path);
  if (inode.kind === "directory") throw new LinuxError("EISDIR", path);
  if (target.trailingSlash) throw new LinuxError("ENOTDIR", path);
  target.parent.dentry.inode.unlink(target.name);
  target.parent.dentry.remove(target.name);
}

/** Removes an empty directory. */
export function rmdir(mounts: MountTable, context: FileContext, start: Start, path: string): void {
  const walk = new PathWalk(mounts, context);
  const target = walk.resolveName(start, path);
  if (target.special === "/") throw new LinuxError("EBUSY", path);
  if (target.special === "..") throw new LinuxError("ENOTEMPTY", path);
  if (target.name === undefined) throw new LinuxError("EINVAL", path);
  const inode = removable(mounts, walk, context, target, target.name, path);
  if (inode.kind !== "directory") throw new LinuxError("ENOTDIR", path);
  target.parent.dentry.inode.rmdir(target.name);
  target.parent.dentry.remove(target.name);
}

/** Moves a name. */
export function rename(
  mounts: MountTable,
  context: FileContext,
  oldStart: Start,
  oldPath: string,
  newStart: Start,
  newPath: string,
  mode: RenameMode,
): void {
  const walk = new PathWalk(mounts, context);
  const from = walk.resolveName(oldStart, oldPath);
  const to = walk.resolveName(newStart, newPath);
  if (from.parent.mount !== to.parent.mount) throw new LinuxError("EXDEV", newPath);
  if (from.name === undefined) throw new LinuxError("EBUSY", oldPath);
  if (to.name === undefined) {
    throw new LinuxError(mode === "noreplace" ? "EEXIST" : "EBUSY", newPath);
  }
  if (from.parent.mount.readOnly) throw new LinuxError("EROFS", oldPath);
  const source = walk.child(from.parent, from.name, oldPath);
  if (source === undefined) throw new LinuxError("ENOENT", oldPath);
  const target = walk.child(to.parent, to.name, newPath);
  if (mode === "noreplace" && target !== undefined) throw new LinuxError("EEXIST", newPath);
  if (mode === "exchange" && target === undefined) throw new LinuxError("ENOENT", newPath);
  const sourceIsDirectory = source.dentry.inode.kind === "directory";
  const targetMustBeDirectory =
    mode === "exchange" ? target?.dentry.inode.kind === "directory" : sourceIsDirectory;
  if (from.trailingSlash && !sourceIsDirectory) throw new LinuxError("ENOTDIR", oldPath);
  if (to.trailingSlash && !targetMustBeDirectory) throw new LinuxError("ENOTDIR", newPath);
  if (source.dentry.contains(to.parent.dentry)) throw new LinuxError("EINVAL", newPath);
  if (target?.dentry.contains(from.parent.dentry) === true) {
    throw new LinuxError(mode === "exchange" ? "EINVAL" : "ENOTEMPTY", newPath);
  }
  if (source.dentry.inode === target?.dentry.inode) return;
  demandMove(context, from.parent, source, to.parent, oldPath);
  if (target === undefined)
    demand(to.parent.dentry.inode, context.credentials, may.write | may.execute, newPath);
  else if (mode === "exchange") demandMove(context, to.parent, target, from.parent, newPath);
  else demandReplacement(context, to.parent, source, target, newPath);
  for (const end of [source, target]) {
    if (end === undefined) continue;
    const isCrossed = end.mount !== from.parent.mount || end.dentry.parent === undefined;
    if (isCrossed || mounts.isMountPoint(end.dentry)) throw new LinuxError("EBUSY", newPath);
  }
  const directory = from.parent.dentry.inode;
  const newDirectory = to.parent.dentry.inode;
  if (directory.fileSystem !== newDirectory.fileSystem) throw new LinuxError("EXDEV", newPath);
  directory.rename(from.name, newDirectory, to.name, mode);
  from.parent.dentry.move(from.name, to.parent.dentry, to.name, mode === "exchange");
}

function demandMove(
  context: FileContext,
  parent: Location,
  { dentry }: Location,
  newParent: Location,
  path: string,
): void {
  demandRemoval(parent.dentry.inode, dentry.inode, context.credentials, path);
  // A directory that gets another parent has its `..` rewritten.
  if (dentry.inode.kind === "directory" && parent.dentry !== newParent.dentry) {
    demand(dentry.inode, context.credentials, may.write, path);
  }
}

function demandReplacement(
  context: FileContext,
  parent: Location,
  source: Location,
  target: Location,
  path: string,
): void {
  demandRemoval(parent.dentry.inode, target.dentry.inode, context.credentials, path);
  const sourceIsDirectory = source.dentry.inode.kind === "directory";
  const targetIsDirectory = target.dentry.inode.kind === "directory";
  if (sourceIsDirectory && !targetIsDirectory) throw new LinuxError("ENOTDIR", path);
  if (!sourceIsDirectory && targetIsDirectory) throw new LinuxError("EISDIR", path);
}

/** The name that is to be made. @throws LinuxError EEXIST, or ENOENT for `file/`. */
function vacantName(
  walk: PathWalk,
  { parent, name, trailingSlash }: ResolvedName,
  path: string,
  kind: FileKind,
): { parent: Location; name: string } {
  if (name === undefined) throw new LinuxError("EEXIST", path);
  if (walk.child(parent, name, path) !== undefined) throw new LinuxError("EEXIST", path);
  if (trailingSlash && kind !== "directory") throw new LinuxError("ENOENT", path);
  return { parent, name };
}

/** The inode whose name is to be removed. @throws LinuxError ENOENT, EROFS, EACCES, EPERM, EBUSY. */
function removable(
  mounts: MountTable,
  walk: PathWalk,
  context: FileContext,
  { parent }: ResolvedName,
  name: string,
  path: string,
): Inode {
  if (parent.mount.readOnly) throw new LinuxError("EROFS", path);
  const location = walk.child(parent, name, path);
  if (location === undefined) throw new LinuxError("ENOENT", path);
  demandRemoval(parent.dentry.inode, location.dentry.inode, context.credentials, path);
  const isCrossed = location.mount !== parent.mount;
  const isPinned = parent.dentry.pinned(name) !== undefined;
  if (isCrossed || isPinned || mounts.isMountPoint(location.dentry)) {
    throw new LinuxError("EBUSY", path);
  }
  return location.dentry.inode;
}
