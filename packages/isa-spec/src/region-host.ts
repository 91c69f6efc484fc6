/**
 * What an interpreter offers to a translator above it: types only. A region is translated guest
 * code with one entry, a WebAssembly function `(budget: i32) -> i32` over the registers and tables
 * that the interpreter keeps in linear memory.
 */
import type { Engine, EngineOptions, Exit } from "./engine.ts";

/** Byte offsets in linear memory of what regions and their host share. */
export interface RegionPlaces {
  /** The architectural state, as the ISA's `layout` says. */
  readonly state: number;
  /** Software TLBs with entries of 16 bytes: virtual page (8), addend to the low half (4). */
  readonly readTable: number;
  readonly writeTable: number;
  readonly tableEntries: number;
  /** What to add to the tables' offsets in the current translation context (4), if there are several. */
  readonly bank?: number;
  /**
   * Pages whose frames have their colour, if memory has a colour window: tables for loads and stores
   * with an entry of 8 bytes for each colour, the address of the page that is there and may be
   * accessed, or all ones. `start` and `pages` are those of the window.
   */
  readonly coloured?:
    | {
        readonly readTable: number;
        readonly writeTable: number;
        readonly start: number;
        readonly pages: number;
      }
    | undefined;
  /**
   * The jump cache: where to go on at a guest address, by entries of 16 bytes: the address (8, all
   * ones if empty), the index of a region in {@link RegionSupport.functions} (4), and a tag (4): the
   * entry holds while the value at `jumpTag` (4) equals that. The entry of
   * an address is the one numbered by its parcel, modulo `jumpEntries`, or the one half a table
   * away. The translator fills it.
   */
  readonly jumpTable: number;
  readonly jumpEntries: number;
  readonly jumpTag: number;
}

/** Why {@link RegionSupport.run} returned, beside the exits of an engine. */
export type RegionHostExit =
  | Exit
  /** The quantum of interpreted instructions is over: a sample of where time goes. */
  | { readonly kind: "sample" }
  /** A region left an instruction to the interpreter, which has executed it. */
  | { readonly kind: "left" }
  /** Control came to a marked address that the jump cache doesn't know. */
  | { readonly kind: "marked" };

/** How regions are entered and left. */
export interface RegionSupport {
  /**
   * Prepares for regions: to be called before anything is executed, so that {@link places} are the
   * same in every run of a program.
   */
  prepare(): void;
  /** What regions refer to; asking for it says that there will be some. */
  readonly places: RegionPlaces;
  /**
   * The regions: functions from the budget to what is left of it; its complement (negative) if the
   * interpreter has to execute the instruction at the program counter, which the region can't.
   * Registers and program counter are in the state whenever a region begins or ends.
   */
  readonly functions: WebAssembly.Table;
  /** Instructions that regions have executed so far. */
  readonly executed: bigint;
  /** How often a region has left an instruction to the interpreter so far, modulo 2^32. */
  readonly leaves: number;
  /** The address where the last region left to the interpreter. */
  readonly lastExit: bigint;
  /** Runs as `Engine.run` does, entering regions; a quantum counts interpreted instructions only. */
  run(budget: number, quantum: number): RegionHostExit;
  /** Executes one instruction at a marked address by interpretation. */
  step(): Exit;
  /** Whether {@link Engine.breakpoints} has members, or had some at the last update. */
  readonly hasBreakpoints: boolean;
  /**
   * Has {@link run} stop at the members of {@link Engine.breakpoints} from now on, the one where it
   * begins included; true if they are others than before. Regions must not have instructions there.
   */
  updateBreakpoints(): boolean;
  /**
   * Called with an address in a page that was not executed before, or not for long: from now on,
   * addresses in it can be marked, and what follows sees the marks.
   */
  onPage: ((address: bigint) => void) | undefined;
  /**
   * From now on, the interpreter looks the address up in the jump cache when it comes by. Does
   * nothing for a page in which nothing was executed yet.
   */
  mark(address: bigint): void;
  /** Takes a mark back. */
  unmark(address: bigint): void;
  /** Whether the address is marked. */
  isMarked(address: bigint): boolean;
  /**
   * Whether the instruction at byte `offset` of a frame was executed by interpretation, as far as is
   * known.
   */
  wasExecuted(frame: number, offset: number): boolean;
}

/** An engine that can hand control to translated regions and take it back. */
export interface RegionHost extends Engine {
  readonly regions: RegionSupport;
}

/** Makes a {@link RegionHost}. */
export type RegionHostFactory = (options: EngineOptions) => RegionHost;
