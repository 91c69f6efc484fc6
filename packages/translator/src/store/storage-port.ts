/** What a translation store needs of a storage library. */

/**
 * Named values of bytes. This is a part of the interface of `Storage` in `unstorage`, so that each of
 * its drivers fits: files, memory, a browser's databases, caches that many computers share. Parts of
 * a key are separated by colons.
 */
export interface StoragePort {
  /** The keys that begin with `base` and a colon; others may be among them. */
  getKeys(base?: string): Promise<readonly string[]>;
  /** A value, which need not be what was written; null if there is none. */
  getItemRaw(key: string): Promise<unknown>;
  /** A reader that comes during the write may see none, the old, the new, or a part of the value. */
  setItemRaw(key: string, value: Uint8Array): Promise<void>;
  /** Removes a value; it is no failure if there is none. */
  removeItem(key: string): Promise<void>;
}
