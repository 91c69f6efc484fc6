/**
 * Changing attributes: who may, and what else changes.
 * @see chmod(2), chown(2), utimensat(2), truncate(2)
 */
import { LinuxError } from "../linux/errno.ts";
import { modeBits, permissionMask } from "./mode.ts";
import type { Resolved } from "./path-walk.ts";
import { demand, inGroup, may, owns } from "./permission.ts";
import type { AttributeChanges, FileContext, RealTimeClock } from "./types.ts";

/** A time stamp to be set: to a value, to the present (`UTIME_NOW`), or not (`UTIME_OMIT`). */
export type NewTime = bigint | "now" | "omit";

/** Sets permission bits. @throws LinuxError EPERM, EROFS, EOPNOTSUPP for a symlink. */
export function changeMode(context: FileContext, target: Resolved, mode: number): void {
  demandWritableMount(target);
  if (target.inode.kind === "symlink") throw new LinuxError("EOPNOTSUPP");
  const stat = target.inode.stat();
  const { credentials } = context;
  if (!owns(stat, credentials)) throw new LinuxError("EPERM");
  let bits = mode & permissionMask;
  if (credentials.uid !== 0 && !inGroup(credentials, stat.gid)) bits &= ~modeBits.setGid;
  target.inode.setAttributes({ mode: bits });
}

/** Sets owner and group; undefined leaves one as it is. @throws LinuxError EPERM, EROFS. */
export function changeOwner(
  context: FileContext,
  target: Resolved,
  uid: number | undefined,
  gid: number | undefined,
): void {
  demandWritableMount(target);
  const stat = target.inode.stat();
  const { credentials } = context;
  if (credentials.uid !== 0) {
    const keepsOwner = uid === undefined || uid === stat.uid;
    const ownGroup = gid === undefined || gid === stat.gid || inGroup(credentials, gid);
    if (!owns(stat, credentials) || !keepsOwner || !ownGroup) throw new LinuxError("EPERM");
  }
  const changes: AttributeChanges = {
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
  const privileges = modeBits.setUid | ((stat.mode & 0o010) === 0 ? 0 : modeBits.setGid);
  const losesPrivileges = target.inode.kind === "file" && (stat.mode & privileges) !== 0;
  target.inode.setAttributes(
    losesPrivileges ? { ...changes, mode: stat.mode & permissionMask & ~privileges } : changes,
  );
}

/** Sets time stamps. @throws LinuxError EPERM, EACCES, EROFS. */
export function changeTimes(
  context: FileContext,
  clock: RealTimeClock,
  target: Resolved,
  atime: NewTime,
  mtime: NewTime,
): void {
  demandWritableMount(target);
  if (atime === "omit" && mtime === "omit") return;
  if (!owns(target.inode.stat(), context.credentials)) {
    // Whoever may write a file may say that it was touched now, and nothing else.
    if (atime !== "now" || mtime !== "now") throw new LinuxError("EPERM");
    demand(target.inode, context.credentials, may.write, "");
  }
  const now = clock();
  const nanosOf = (time: Exclude<NewTime, "omit">): bigint => (time === "now" ? now : time);
  target.inode.setAttributes({
    ...(atime === "omit" ? {} : { atimeNanos: nanosOf(atime) }),
    ...(mtime === "omit" ? {} : { mtimeNanos: nanosOf(mtime) }),
  });
}

/** Sets a file's size by path. @throws LinuxError EISDIR, EINVAL, EACCES, EROFS, EFBIG. */
export function truncate(context: FileContext, target: Resolved, sizeBytes: number): void {
  if (target.inode.kind === "directory") throw new LinuxError("EISDIR");
  if (target.inode.kind !== "file" || sizeBytes < 0) throw new LinuxError("EINVAL");
  demandWritableMount(target);
  demand(target.inode, context.credentials, may.write, "");
  target.inode.truncate(sizeBytes);
}

function demandWritableMount({ location }: Resolved): void {
  if (location?.mount.readOnly === true) throw new LinuxError("EROFS");
}
