export { type ErrnoName, errno, errnoMessage, errnoName, LinuxError } from "./linux/errno.ts";
export * from "./linux/address-space.ts";
export * from "./vfs/index.ts";
