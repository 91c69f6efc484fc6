/**
 * What a kernel is made of, what it tells about, and what it answers to the machine that drives it.
 */
import type { Vfs } from "../vfs/vfs.ts";
import type { AddressSpaceProvider } from "./address-space.ts";
import type { LinuxBinding } from "./binding.ts";
import type { GuestCpuFactory } from "./guest-cpu.ts";
import type { HostServices } from "./host-services.ts";
import type { ExitCause } from "./process/process.ts";
import type { Thread } from "./process/thread.ts";
import type { SystemCall } from "./syscalls/system-call.ts";

/** Bounds of what a guest can take of the host. */
export interface KernelLimits {
  /** Processes and threads alive at one time: fork and clone give EAGAIN beyond. Default 1024. */
  readonly threads: number;
  /** Descriptors of one process (hard RLIMIT_NOFILE). Default 4096. */
  readonly files: number;
  /** Bytes of argument and environment strings: execve gives E2BIG beyond. Default 2 MiB. */
  readonly argumentBytes: number;
  /** Soft RLIMIT_STACK in bytes: how much address space a stack is given. Default 8 MiB. */
  readonly stackBytes: number;
}

/** The defaults of {@link KernelLimits}. */
export const defaultLimits: KernelLimits = {
  threads: 1024,
  files: 4096,
  argumentBytes: 2 << 20,
  stackBytes: 8 << 20,
};

/** Things that happen to the guest and that somebody may want to know of. */
export interface KernelObserver {
  /** A number that the table doesn't have; the guest gets ENOSYS. */
  unknownSystemCall?(event: {
    readonly pid: number;
    readonly number: number;
    /** The name in Linux's own table, if it has one. */
    readonly name: string | undefined;
  }): void;
  /** An instruction that the engine refused; the guest gets SIGILL. */
  illegalInstruction?(event: {
    readonly pid: number;
    readonly address: bigint;
    readonly bits: bigint;
    readonly sizeBytes: number | undefined;
  }): void;
  /** A signal ends a process. */
  fatalSignal?(event: {
    readonly pid: number;
    readonly signal: number;
    readonly pc: bigint;
    /** The faulting address of SIGSEGV and SIGBUS. */
    readonly address: number | undefined;
  }): void;
  /** A process has become a zombie. */
  processExit?(event: { readonly pid: number; readonly cause: ExitCause }): void;
}

/**
 * Answers a system call in the kernel's place. Gives the result (a negated error number for
 * failures), or undefined to let the kernel handle the call.
 */
export type SystemCallHook = (call: SystemCall) => number | bigint | undefined;

/** How the machine makes a kernel. */
export interface KernelOptions {
  readonly binding: LinuxBinding;
  readonly memory: AddressSpaceProvider;
  readonly createCpu: GuestCpuFactory;
  readonly host: HostServices;
  readonly vfs: Vfs;
  readonly limits?: Partial<KernelLimits> | undefined;
  readonly observer?: KernelObserver | undefined;
  /** Gets one line for each system call, as strace(1) prints it, without a newline. */
  readonly trace?: ((line: string) => void) | undefined;
  readonly hostName?: string | undefined;
  /** CPUs that the guest is told of. Default 1. */
  readonly cpuCount?: number | undefined;
  /** Instructions that a thread may run before the next one gets its turn. Default 200 000. */
  readonly quantum?: number | undefined;
  /**
   * What becomes of other processes when the first one ends: `kill` ends the run at once, as a
   * container does; `run` goes on until all have ended. Default `kill`.
   */
  readonly lingering?: "kill" | "run" | undefined;
  /** Whether to mount `/dev` and `/proc`. Default true. */
  readonly standardMounts?: boolean | undefined;
}

/** The program that a kernel starts with. */
export interface StartOptions {
  /** Path in the guest's file system. */
  readonly program: string;
  /** `argv`, the program's name included. */
  readonly arguments: readonly string[];
  /** `NAME=value` strings. */
  readonly environment: readonly string[];
  /** Default `/`. */
  readonly workingDirectory?: string | undefined;
  /** Default 0 and 0: root within the guest. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Default 022. */
  readonly umask?: number | undefined;
}

/** What the machine is to do next. */
export type Schedule =
  /** Run this thread for at most `budget` instructions, then call `handleExit`. */
  | { readonly kind: "run"; readonly thread: Thread; readonly budget: number }
  /**
   * Nothing can run before `untilNanos` of the monotonic clock, or before input arrives. With
   * neither, all threads wait for each other and nothing will ever happen.
   */
  | {
      readonly kind: "idle";
      readonly untilNanos: number | undefined;
      readonly waitsForInput: boolean;
    }
  /** The first process has ended (and, when lingering, all others). */
  | { readonly kind: "exited"; readonly cause: ExitCause };
