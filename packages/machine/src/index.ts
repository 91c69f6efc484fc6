/**
 * Composes ISAs, engines and ABIs into virtual machines that a host program drives.
 *
 * @packageDocumentation
 */

export type { Abi, AbiParts, AbiRuntime, AbiSchedule, AbiThread, ProgramEnd } from "./abi.ts";
export { type BareVm, type BareVmOptions, bareVm } from "./bare-vm.ts";
export {
  type FirmwareExpectation,
  type FirmwareImage,
  FirmwareImageError,
  firmwareImage,
  type MemoryPiece,
} from "./boot/firmware-image.ts";
export {
  type GuestLayout,
  GuestLayoutError,
  type GuestParts,
  placeGuest,
} from "./boot/guest-layout.ts";
export { type BootImage, startGuest } from "./boot/start-guest.ts";
export { type DebuggedRunResult, ProcessDebugger } from "./debug/debug-process.ts";
export { type DebuggedSystemEnd, debugSystem } from "./debug/debug-system.ts";
export type * from "./debug/debug-target.ts";
export { remoteSignal } from "./debug/gdb/signals.ts";
export { GdbStub } from "./debug/gdb/stub.ts";
export {
  type DebuggedProcess,
  type DebuggedThread,
  processDebugTarget,
} from "./debug/process-debug-target.ts";
export { systemDebugTarget } from "./debug/system-debug-target.ts";
export { EngineMemoryExhausted } from "./memory/block-allocator.ts";
export { CurrentSpaceMemory, GuestMemory, type GuestMemoryOptions } from "./memory/guest-memory.ts";
export { AddressRangeError, type ProcessAddressSpace } from "./memory/process-address-space.ts";
export {
  DeadlockError,
  type ExceptionExit,
  ProcessVm,
  type ProcessVmOptions,
  processVm,
  type RunOptions,
  type RunResult,
} from "./process-vm.ts";
export { ByteSourceError } from "./system/absent-pages.ts";
export { runSystem, type SystemEnd, type SystemRunOptions } from "./system/run-system.ts";
export { SnapshotError } from "./system/snapshot.ts";
export { LARGEST_RAM_BYTES, MemorySizeError, SystemMemory } from "./system/system-memory.ts";
export {
  HartCountError,
  SystemVm,
  systemVm,
} from "./system/system-vm.ts";
export type {
  RegisterValue,
  SystemRunResult,
  SystemVmOptions,
} from "./system/system-vm-options.ts";
export { ForeignAddressSpaceError } from "./thread-cpus.ts";
