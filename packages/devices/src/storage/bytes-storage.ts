/** Storage in memory. */
import { type BlockStorage, checkRange, checkSize, refuseWrite } from "./block-storage.ts";

/**
 * Storage that is an array of bytes, which the guest changes in place. Snapshots of a machine don't
 * hold it; put an overlay on it if they have to.
 *
 * @throws StorageError if its size is not a multiple of 512.
 */
export function bytesStorage(
  bytes: Uint8Array,
  { readOnly = false }: { readonly readOnly?: boolean } = {},
): BlockStorage {
  checkSize(bytes.length);
  return {
    sizeBytes: bytes.length,
    readOnly,
    read: (offset, into) => {
      checkRange(bytes.length, offset, into.length);
      into.set(bytes.subarray(offset, offset + into.length));
    },
    write: (offset, from) => {
      if (readOnly) refuseWrite();
      checkRange(bytes.length, offset, from.length);
      bytes.set(from, offset);
    },
    flush: () => {},
    close: () => {},
  };
}
