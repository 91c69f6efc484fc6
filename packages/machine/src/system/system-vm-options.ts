/** What a system VM is made from, and what its runs return: types only. */
import type { Board, DeviceObserver, PowerEvent } from "@isovm/devices";
import type { EngineFactory, PrivilegedArchitecture } from "@isovm/isa-spec";

/** The parts of a system VM. */
export interface SystemVmOptions {
  /** The guest's instruction set with its privileged part. */
  readonly architecture: PrivilegedArchitecture;
  /** What executes the guest's code. */
  readonly engine: EngineFactory;
  /** Where RAM and devices are, and how they are wired. */
  readonly board: Board;
  /** RAM in bytes, a multiple of 4096; default 256 MiB. */
  readonly memoryBytes?: number;
  /** Number of harts; default 1. */
  readonly harts?: number;
  /** Frequency of the real-time counter; a divisor of 10^9, default 10 MHz. */
  readonly timebaseHz?: number;
  /**
   * Instructions that a hart executes before it is the next one's turn; default 100,000. With fewer
   * than some 16, loops of load-reserved and store-conditional may not come to an end, since a
   * reservation doesn't outlast a turn.
   */
  readonly turnInstructions?: number;
  /** Told of what the guest does that no device defines. */
  readonly observe?: DeviceObserver;
}

/** Why a run returned. */
export type SystemRunResult =
  | PowerEvent
  /** The instruction budget is spent. Running on continues. */
  | { readonly kind: "fuel" }
  /**
   * All harts wait: until a time (nanoseconds of the VM's clock), or for a device's input only. A
   * host lets time pass by `SystemVm.skip`.
   */
  | { readonly kind: "idle"; readonly untilNanos: bigint | undefined }
  /** `SystemVm.pause` was called. Running on continues. */
  | { readonly kind: "paused" }
  /**
   * A hart has come to a breakpoint of the engine, the instruction at which has not been executed.
   * That happens once for each arrival: running on executes it.
   */
  | { readonly kind: "breakpoint" };

/** A register and its value. */
export interface RegisterValue {
  readonly file: string;
  readonly register: number;
  readonly value: bigint;
}
