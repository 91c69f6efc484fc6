/**
 * Discretionary access control: who may do what to an inode.
 * @see path_resolution(7), "Permissions"; credentials(7)
 */
import { LinuxError } from "../linux/errno.ts";
import { modeBits } from "./mode.ts";
import type { Credentials, Inode, Stat } from "./types.ts";

/** The rights that can be asked for; they combine with `|` and match one `rwx` digit. */
export const may = { read: 4, write: 2, execute: 1 } as const;

/** True if the credentials have all the rights asked for. */
export function permits(stat: Stat, credentials: Credentials, rights: number): boolean {
  if (credentials.uid === 0) {
    // Root may execute only what somebody may execute; searching directories is always allowed.
    const isDirectory = (stat.mode & 0o170000) === 0o040000;
    return (rights & may.execute) === 0 || isDirectory || (stat.mode & 0o111) !== 0;
  }
  const shift = stat.uid === credentials.uid ? 6 : inGroup(credentials, stat.gid) ? 3 : 0;
  return ((stat.mode >> shift) & rights) === rights;
}

/** @throws LinuxError EACCES unless the credentials have all the rights asked for. */
export function demand(inode: Inode, credentials: Credentials, rights: number, path: string): void {
  // Asking a file system for the attributes of every directory on the way is what root is spared.
  if (credentials.uid === 0 && (rights & may.execute) === 0) return;
  if (credentials.uid === 0 && inode.kind === "directory") return;
  if (!permits(inode.stat(), credentials, rights)) throw new LinuxError("EACCES", path);
}

/** True if a group is one of the credentials'. */
export function inGroup(credentials: Credentials, gid: number): boolean {
  return credentials.gid === gid || credentials.groups.includes(gid);
}

/** True if the credentials are the owner's, or root's. */
export function owns(stat: Stat, credentials: Credentials): boolean {
  return credentials.uid === 0 || credentials.uid === stat.uid;
}

/**
 * Demands the right to remove or move a name of `directory` that means `inode`.
 * @throws LinuxError EACCES; EPERM where the directory is sticky and others own both.
 */
export function demandRemoval(
  directory: Inode,
  inode: Inode,
  credentials: Credentials,
  path: string,
): void {
  demand(directory, credentials, may.write | may.execute, path);
  if (credentials.uid === 0) return;
  const stat = directory.stat();
  if ((stat.mode & modeBits.sticky) === 0) return;
  if (stat.uid !== credentials.uid && inode.stat().uid !== credentials.uid) {
    throw new LinuxError("EPERM", path);
  }
}
