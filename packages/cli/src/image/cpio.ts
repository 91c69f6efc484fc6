/**
 * Writes cpio archives of the "new ASCII" format, which Linux unpacks into its first root file
 * system: Documentation/driver-api/early-userspace/buffer-format.rst of Linux.
 */

/** A file or directory of an archive. Its parents stand before it. */
export interface ArchiveEntry {
  /** Path without a leading slash. */
  readonly path: string;
  /** Permission bits. */
  readonly permissions: number;
  /** Contents of a file; undefined for a directory. */
  readonly bytes?: Uint8Array;
}

const directoryType = 0o040000;
const fileType = 0o100000;
const encoder = new TextEncoder();

/** The archive with these entries, all owned by root: the same bytes for the same entries. */
export function cpioArchive(entries: readonly ArchiveEntry[]): Uint8Array {
  const members = entries.flatMap(({ path, permissions, bytes }, index) =>
    member(index + 1, path, (bytes ? fileType : directoryType) | permissions, bytes),
  );
  return padded([...members, ...member(0, "TRAILER!!!", 0, undefined)], 512);
}

function member(
  inode: number,
  path: string,
  mode: number,
  bytes: Uint8Array = new Uint8Array(),
): Uint8Array[] {
  const name = encoder.encode(`${path}\0`);
  const links = 1;
  // inode, mode, uid, gid, links, mtime, size, device and its own device numbers, name, check
  const fields = [inode, mode, 0, 0, links, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
  const header = fields.map((field) => field.toString(16).padStart(8, "0")).join("");
  return [padded([encoder.encode(`070701${header}`), name], 4), padded([bytes], 4)];
}

function padded(parts: readonly Uint8Array[], unitBytes: number): Uint8Array {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const result = new Uint8Array(Math.ceil(size / unitBytes) * unitBytes);
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
