export {
  type ByteSource,
  byteSource,
  checkElf,
  type ElfExpectation,
  type ElfFile,
  elfTypes,
  interpreterPath,
  type ProgramHeader,
  parseElf,
  segmentFlags,
  segmentTypes,
} from "./elf/elf-file.ts";
export { ExecutableError } from "./elf/executable-error.ts";
export * from "./linux/address-space.ts";
export { type ErrnoName, errno, errnoMessage, errnoName, LinuxError } from "./linux/errno.ts";
export * from "./linux/index.ts";
export * from "./vfs/index.ts";
