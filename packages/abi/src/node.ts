/** The part of the Linux personality that needs Node: directories of the host, lent to a guest. */
export {
  type HostDirectoryOptions,
  nodeFileDriver,
  openHostDirectory,
} from "./node/host-directory.ts";
