/**
 * What an engine is to the machine that composes it, and what it needs of guest memory: types only.
 */
import type { Intrinsic, Isa } from "./isa.ts";

/** What an access to guest memory is for; page permissions are checked against it. */
export type AccessKind = "read" | "write" | "fetch";

/** Why an access to guest memory could not be done. */
export type FaultReason =
  | "unmapped"
  | "permission"
  | "misaligned"
  /** Nothing answers there: a page beyond the end of a mapped file, an absent device. */
  | "bus"
  /** The page could not be provided within the machine's memory limit. */
  | "memory";

/**
 * Why an engine stopped. The program counter stands at the instruction concerned, no effect of
 * which is visible, except after `budget`, where it stands at the next one to execute.
 */
export type Exit =
  /** The instruction budget is spent. */
  | { readonly kind: "budget" }
  /** A row asked for the host: `effect("systemCall")` stops with `name: "systemCall"`. */
  | { readonly kind: "effect"; readonly name: string }
  /** A row trapped. `cause` is the ISA's own number, `value` its trap value register. */
  | { readonly kind: "trap"; readonly cause: number; readonly value: bigint }
  /** No row matches: `bits` holds `sizeBytes` bytes of the instruction, little-endian. */
  | { readonly kind: "illegal"; readonly bits: bigint; readonly sizeBytes: number }
  /** A memory access failed at the guest's virtual `address`. */
  | {
      readonly kind: "fault";
      readonly access: AccessKind;
      readonly address: bigint;
      readonly reason: FaultReason;
    }
  /** A breakpoint is set on the instruction that would execute next. */
  | { readonly kind: "breakpoint" };

/** Negative results of {@link EngineMemory.translate}. */
export const translationFault = {
  unmapped: -1,
  permission: -2,
  bus: -3,
  memory: -4,
  /** No fault: a device answers there. See {@link EngineMemory.devices}. */
  device: -5,
} as const;

/** Devices in the guest's address space, by virtual address. Values are little-endian. */
export interface DeviceAccess {
  /** Reads 1, 2, 4 or 8 bytes; undefined if nothing answers an access of that size there. */
  read(address: bigint, sizeBytes: number): bigint | undefined;
  /** Writes; false if nothing answers. */
  write(address: bigint, sizeBytes: number, value: bigint): boolean;
}

/** Told by guest memory about what happened behind an engine's back. */
export interface MemoryListener {
  /** Bytes `[start, end)` of a frame marked as code were written, or the frame was freed. */
  codeWritten(frame: number, start: number, end: number): void;
  /** A frame was marked as code: engines that write to it unnoticed must not do so any more. */
  codeMarked?(frame: number): void;
  /**
   * A frame is no longer marked as code, after {@link codeWritten} for all of it: it is written to so
   * often that it is data now. Who reads code from it has to mark it again before.
   */
  codeUnmarked?(frame: number): void;
  /**
   * Translations of `pageCount` pages from `startPage` (numbers of pages of 4096 bytes, unsigned) are
   * stale; all, if absent. In one translation context, or in all of them.
   */
  mappingChanged(startPage?: number, pageCount?: number, context?: number): void;
  /** {@link EngineMemory.context} has changed; its translations are as they were when it was left. */
  contextChanged?(context: number): void;
}

/**
 * Guest memory as an engine sees it: one linear memory that holds the guest's page frames and the
 * engine's own tables, and the translation of the current address space. Pages have 4096 bytes.
 */
export interface EngineMemory {
  /** The linear memory. It may grow, so views of its buffer must not be kept across calls. */
  readonly memory: WebAssembly.Memory;
  /**
   * The colour window that there can be: page number n gets the frame at byte
   * `start + (n % pages) * 4096` of linear memory, its colour, if that is free. Engines need not look
   * up where such pages are. `pages` is a power of two.
   */
  readonly window?: { readonly start: number; readonly pages: number };
  /**
   * Has {@link window} used from now on; pages that there are move to their colour where they can.
   * False if linear memory has no room for it.
   */
  useWindow?(): boolean;
  /**
   * How many translation contexts there are: address spaces, or privileges within one, whose
   * translations engines keep apart, so that changing between them costs nothing. 1 if absent.
   */
  readonly contexts?: number;
  /** The current context, from 0. */
  readonly context?: number;
  /** What answers where {@link translate} returns `translationFault.device`. */
  readonly devices?: DeviceAccess;
  /** Reserves a zeroed block for an engine's tables and returns its byte offset. */
  allocate(sizeBytes: number, alignment?: number): number;
  /** Gives back a block of {@link allocate}. */
  release(offset: number): void;
  /**
   * Translates a virtual address: the byte offset in linear memory of the 4 KiB frame that holds
   * it, populated and, for a write, private; or one of {@link translationFault}.
   */
  translate(address: bigint, access: AccessKind): number;
  /**
   * From now on, writes to this frame are reported to the listeners; those of other engines over
   * the same memory too, which are told of the mark.
   */
  markCode(frame: number): void;
  /** True if {@link markCode} was called for the frame and it wasn't freed since. */
  isCode(frame: number): boolean;
  /** To be called after writing to a frame marked as code: tells all listeners. */
  wrote(frame: number, start: number, end: number): void;
  /** Adds a listener. */
  attach(listener: MemoryListener): void;
}

/** Services of the host that an engine's guest can see: injected, so that a run can repeat. */
export interface EngineClock {
  /** The value of the ISA's real-time counter, in its own ticks. */
  time(): bigint;
}

/** What an engine is made from. */
export interface EngineOptions {
  readonly isa: Isa;
  readonly memory: EngineMemory;
  readonly clock?: EngineClock;
  /** Functions behind the rows' `intrinsic` statements, beside those of the ISA; `time` is the clock. */
  readonly intrinsics?: Readonly<Record<string, Intrinsic>>;
}

/**
 * Executes guest code. All engines return the same exits at the same instruction with the same
 * state, so a machine may change engines whenever one of them has stopped.
 */
export interface Engine {
  readonly name: string;
  /** The architectural state, laid out as the ISA's `layout` says; shared, not a copy. */
  readonly state: ArchitecturalState;
  /** Instructions retired since the engine was made. */
  readonly retired: bigint;
  /** Executes at most `budget` instructions (1 to 2^31-1). An instruction that traps counts. */
  run(budget: number): Exit;
  /**
   * Ends the current {@link run} with `budget` after the instruction that is executing: for devices
   * and intrinsics, which are called in its midst. {@link retired} is exact then, without that
   * instruction.
   */
  interrupt(): void;
  /** Addresses at which {@link run} stops before executing; not on the first instruction of a run. */
  readonly breakpoints: Set<bigint>;
  /** Figures about the work done so far, for people. */
  statistics(): Readonly<Record<string, number>>;
}

/** Makes an engine; hosts pass it as a value: `processVm({ engine: interpreter })`. */
export type EngineFactory = (options: EngineOptions) => Engine;

/** The registers of one hart as named, typed values over a block of bytes. */
export interface ArchitecturalState {
  /** The program counter. */
  pc: bigint;
  /** Reads `register` of `file`, zero-extended. */
  read(file: string, register?: number): bigint;
  /** Writes `register` of `file`; the value is truncated to the register's width. */
  write(file: string, register: number, value: bigint): void;
  /** The address reserved by a load-reserved; a machine clears it when it changes threads. */
  reservation: bigint | undefined;
  /** A copy of all registers. */
  save(): Uint8Array;
  /** Replaces all registers by what {@link save} returned. */
  load(saved: Uint8Array): void;
}
