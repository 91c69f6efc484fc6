/** What a process VM needs of an ABI: who runs next, and what an exit means. */
import type { AddressSpaceProvider, GuestCpu, GuestCpuFactory, GuestExit } from "@isovm/abi";

/** What the machine gives to an ABI. */
export interface AbiParts {
  readonly memory: AddressSpaceProvider;
  readonly createCpu: GuestCpuFactory;
  /** Instructions retired by all threads so far: a deterministic clock. */
  readonly retired: () => bigint;
}

/** A thread as the machine sees it. */
export interface AbiThread {
  readonly cpu: GuestCpu;
}

/** How a program ended. */
export type ProgramEnd =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: number; readonly core: boolean };

/** What an ABI wants next. */
export type AbiSchedule =
  | { readonly kind: "run"; readonly thread: AbiThread; readonly budget: number }
  | {
      readonly kind: "idle";
      readonly untilNanos: number | undefined;
      readonly waitsForInput: boolean;
    }
  | { readonly kind: "exited"; readonly cause: ProgramEnd };

/**
 * A running guest operating system personality. It is handed back only threads that it handed out,
 * so it may take a narrower type than {@link AbiThread}.
 */
export interface AbiRuntime {
  /** Who runs next and for how many instructions, or why nobody does. */
  schedule(): AbiSchedule;
  /**
   * Acts on why a thread stopped: performs its system call, delivers a signal for its trap.
   * `instructions` is how many it retired since `schedule` gave it out.
   */
  handleExit(thread: AbiThread, exit: GuestExit, instructions: number): void;
  /** Nanoseconds of the clock that `untilNanos` refers to. */
  now(): number;
}

/** An ABI that a machine can be composed with. */
export interface Abi<Runtime extends AbiRuntime = AbiRuntime> {
  /** A personality of its own for one machine, built on that machine's memory and processors. */
  create(parts: AbiParts): Runtime;
}
