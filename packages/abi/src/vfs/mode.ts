/**
 * The bits of `st_mode`, and device numbers.
 * @see inode(7)
 */
import type { FileKind } from "./types.ts";

/** The file types of `st_mode` (`S_IFMT` and its values). */
export const modeOfKind: Readonly<Record<FileKind, number>> = Object.freeze({
  fifo: 0o010000,
  character: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
});

const kinds = new Map(
  Object.entries(modeOfKind).map(([kind, bits]) => [bits, kind as FileKind] as const),
);

/** The kind that the type bits of a mode say; undefined for a type that Linux doesn't have. */
export function kindOfMode(mode: number): FileKind | undefined {
  return kinds.get(mode & 0o170000);
}

/** `d_type` of `getdents64`: the type bits shifted down. */
export function directoryEntryType(kind: FileKind): number {
  return modeOfKind[kind] >> 12;
}

/** The bits that `chmod` can change. */
export const permissionMask = 0o7777;

/** Set-user-id, set-group-id and sticky. */
export const modeBits = { setUid: 0o4000, setGid: 0o2000, sticky: 0o1000 } as const;

/** A device number as file systems keep it: 12 bits major, 20 bits minor, in Linux's `dev_t`. */
export function deviceNumber(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

/** The major number of a device number. */
export function majorOf(device: number): number {
  return (device >>> 8) & 0xfff;
}

/** The minor number of a device number. */
export function minorOf(device: number): number {
  return (device & 0xff) | ((device >>> 12) & 0xfff00);
}
