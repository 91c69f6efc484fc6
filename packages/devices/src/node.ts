/** The part of the devices that needs Node: disk images in files. */
export { type FileStorageOptions, fileStorage } from "./node/file-storage.ts";
