/** The public part of the Linux personality. */
export type {
  CloneOrder,
  ElfTarget,
  HandlerEntry,
  LinuxBinding,
  RawSystemCall,
  SignalContext,
} from "./binding.ts";
export { MAX_SIGNAL, type SignalName, signalName, signals } from "./constants/signals.ts";
export {
  type CapturedOutput,
  captureOutput,
  deterministicHost,
  seededRandom,
} from "./deterministic-host.ts";
export type { CpuState, GuestCpu, GuestCpuFactory, GuestExit } from "./guest-cpu.ts";
export type {
  HostClock,
  HostInput,
  HostOutput,
  HostServices,
  HostTerminal,
  RandomSource,
  WindowSize,
} from "./host-services.ts";
export { Kernel } from "./kernel.ts";
export {
  defaultLimits,
  type KernelLimits,
  type KernelObserver,
  type KernelOptions,
  type Schedule,
  type StartOptions,
  type SystemCallHook,
} from "./kernel-options.ts";
export type { DataModel } from "./layout/struct.ts";
export { type LinuxAbi, type LinuxOptions, linux, type MachineParts } from "./linux.ts";
export type { GuestMemory as GuestMemoryView } from "./memory/guest-memory.ts";
export { type ExitCause, type Process, waitStatus } from "./process/process.ts";
export type { Thread } from "./process/thread.ts";
export type {
  ArgumentKind,
  Support,
  SystemCallDefinition,
} from "./syscalls/definition.ts";
export type { SystemCall } from "./syscalls/system-call.ts";
export { type SystemCallFamily, systemCallFamilies } from "./syscalls/table.ts";
