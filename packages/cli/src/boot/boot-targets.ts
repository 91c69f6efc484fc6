/** The machines that `isovm boot` has: what `--isa` names; adding an ISA adds its entry. */
import { type Board, type DeviceTreeProperties, type VirtOptions, virt } from "@isovm/devices";
import type { PrivilegedArchitecture } from "@isovm/isa-spec";
import type { RegisterValue } from "@isovm/machine";
import {
  entryRegisters,
  firmwareHandover,
  type KernelImage,
  kernelImage,
  riscvSystem,
  type SbiOptions,
  sbi,
} from "@isovm/riscv";
import { UsageError } from "../errors.ts";

/** An architecture, and how a device tree describes its harts. */
export interface BootArchitecture extends PrivilegedArchitecture {
  readonly hartProperties: DeviceTreeProperties;
}

/** What boots kernels of one kind. */
export interface BootTarget {
  readonly wordBits: 32 | 64;
  /** `e_machine` of ELF. */
  readonly elfMachine: number;
  /** The harts; with `builtIn` they have firmware that is part of isovm. */
  readonly architecture: (builtIn: SbiOptions | undefined) => BootArchitecture;
  readonly board: (options: VirtOptions) => Board;
  readonly timebaseHz: number;
  /** @throws KernelImageError */
  readonly kernelImage: (head: Uint8Array, sizeBytes: number) => KernelImage;
  /** What real firmware is told about the kernel, as bytes in memory. */
  readonly handover: (kernel: number) => Uint8Array;
  readonly entryRegisters: (
    hart: number,
    deviceTree: number,
    handover: number,
  ) => readonly RegisterValue[];
}

/** The machines by name. */
export const bootTargets: Readonly<Record<string, BootTarget>> = {
  rv64: riscvTarget(64),
  rv32: riscvTarget(32),
};

/** The machine of a name. @throws UsageError */
export function bootTargetNamed(name: string): BootTarget {
  const target = Object.hasOwn(bootTargets, name) ? bootTargets[name] : undefined;
  if (target) return target;
  throw new UsageError(
    `there is no machine for the ISA "${name}"; give one of ${Object.keys(bootTargets).join(", ")}`,
  );
}

function riscvTarget(xlen: 32 | 64): BootTarget {
  return {
    wordBits: xlen,
    elfMachine: 243,
    architecture: (builtIn) =>
      riscvSystem({ xlen, ...(builtIn !== undefined && { firmware: sbi(builtIn) }) }),
    board: virt,
    timebaseHz: 10_000_000,
    kernelImage,
    handover: (kernel) => firmwareHandover(xlen, { next: BigInt(kernel) }),
    entryRegisters: (hart, deviceTree, handover) =>
      entryRegisters(hart, BigInt(deviceTree), BigInt(handover)),
  };
}
