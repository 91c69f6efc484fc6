/**
 * RV32 and RV64 for isovm: one typed row an instruction.
 *
 * @packageDocumentation
 */
export {
  type EntryRegister,
  entryRegisters,
  type FirmwareHandover,
  firmwareHandover,
} from "./boot/firmware-handover.ts";
export { type KernelImage, KernelImageError, kernelImage } from "./boot/kernel-image.ts";
export * from "./control-registers.ts";
export {
  defaultExtensions,
  ExtensionError,
  type ExtensionName,
  extensionNames,
} from "./extensions.ts";
export {
  defineHart,
  type Flen,
  type FloatHooks,
  type Hart,
  type HartOptions,
  instructionAddressMisaligned,
  type Xlen,
} from "./hart.ts";
export { type Environment, type RiscvOptions, riscv, rv32, rv64 } from "./isa.ts";
export { isaFromString } from "./isa-string.ts";
export { linuxRiscv32, linuxRiscv64, riscvLinux } from "./linux/binding.ts";
export type * from "./privileged/firmware.ts";
export type { HartProperties } from "./privileged/hart-properties.ts";
export { HartStateError } from "./privileged/privileged-hart.ts";
export type { SbiConsole, SbiOptions, SbiPowerEvent } from "./privileged/sbi/call.ts";
export { sbi } from "./privileged/sbi/sbi.ts";
export { type RiscvSystem, type RiscvSystemOptions, riscvSystem } from "./privileged/system.ts";
