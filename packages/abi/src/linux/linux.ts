/**
 * The Linux personality as a part that a machine is composed with.
 */
import type { AddressSpaceProvider } from "./address-space.ts";
import type { GuestCpuFactory } from "./guest-cpu.ts";
import { Kernel } from "./kernel.ts";
import type { KernelOptions } from "./kernel-options.ts";

/** What the machine contributes to a kernel. */
export interface MachineParts {
  readonly memory: AddressSpaceProvider;
  readonly createCpu: GuestCpuFactory;
}

/** All that a kernel is made of but for the machine's own parts. */
export type LinuxOptions = Omit<KernelOptions, keyof MachineParts>;

/**
 * The Linux personality for `processVm({ abi })`: an object that makes a {@link Kernel} from the
 * machine's memory and processors. The kernel has no process until `start` is called.
 */
export function linux(options: LinuxOptions): { create(parts: MachineParts): Kernel } {
  return {
    create: ({ memory, createCpu }) => new Kernel({ ...options, memory, createCpu }),
  };
}
