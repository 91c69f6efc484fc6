/** The public part of the virtual file system. */
export type { NewTime } from "./attributes.ts";
export { Dentry } from "./dentry.ts";
export type { CharacterDevice, DeviceTable } from "./devices/character-device.ts";
export {
  type DeviceFileSystemOptions,
  type DeviceNode,
  deviceFileSystem,
} from "./devices/device-file-system.ts";
export {
  type FillRandom,
  fullDevice,
  nullDevice,
  randomDevice,
  zeroDevice,
} from "./devices/memory-devices.ts";
export { alwaysReady } from "./directory-file.ts";
export type {
  HostAccess,
  HostDirectory,
  HostEntry,
  HostFile,
  HostFileDriver,
  HostIdentity,
  HostStat,
} from "./host/driver.ts";
export { HostFileSystem, type HostFileSystemOptions } from "./host/file-system.ts";
export { InodeBase } from "./inode-base.ts";
export { MemoryFileSystem, type MemoryFileSystemOptions } from "./memory/file-system.ts";
export {
  deviceNumber,
  directoryEntryType,
  kindOfMode,
  majorOf,
  minorOf,
  modeBits,
  modeOfKind,
  permissionMask,
} from "./mode.ts";
export type { MountOptions } from "./mount-table.ts";
export { decodePath, encodePath } from "./path-name.ts";
export type { Resolved } from "./path-walk.ts";
export { type PopulateNode, populate } from "./populate.ts";
export { SyntheticFileSystem, type SyntheticFileSystemOptions } from "./synthetic/file-system.ts";
export {
  fixedDirectory,
  liveDirectory,
  magicLink,
  mergedDirectory,
  type SyntheticAttributes,
  type SyntheticDirectory,
  type SyntheticFile,
  type SyntheticLink,
  type SyntheticNode,
  textFile,
  textLink,
} from "./synthetic/tree.ts";
export type * from "./types.ts";
export { type AccessRights, Vfs, type VfsOptions } from "./vfs.ts";
