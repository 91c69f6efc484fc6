/**
 * What an interpreter offers to a translator above it: types only. A region is translated guest
 * code with one or several entries, a WebAssembly function `(budget: i32, entry: i32) -> i32` over the
 * registers and tables that the interpreter keeps in linear memory.
 */
import type { Engine, EngineOptions, Exit } from "./engine.ts";
import type { Expression } from "./ir/expression.ts";
import type { RegisterReference, Statement } from "./ir/statement.ts";

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
   * ones if empty), the index of a region in {@link RegionSupport.functions} (2), where to enter that
   * (2), and a tag (4): the entry holds while the value at `jumpTag` (4) equals that. The entry of
   * an address is the one numbered by its parcel, modulo `jumpEntries`, or one whose number differs
   * from that in the bits of one of `jumpWays`, the first of which has none. The translator fills it.
   */
  readonly jumpTable: number;
  readonly jumpEntries: number;
  readonly jumpWays: readonly number[];
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

/** A part of a predecoded record. */
export interface RecordSlot {
  /** Byte offset in the record. */
  readonly offset: number;
  /** 1, 2, 4 or 8 bytes, little-endian. */
  readonly sizeBytes: number;
  readonly extension: "zero" | "sign";
}

/** What the records of one row hold, by what it stands for in the row's semantics. */
export interface RecordSlots {
  /** Values of expressions. */
  readonly values: ReadonlyMap<Expression, RecordSlot>;
  /** Byte offsets of registers in the state; writes to a hard-wired zero have a place of their own. */
  readonly registers: ReadonlyMap<RegisterReference, RecordSlot>;
  /** Distances of jumps, in bytes of records. */
  readonly jumps: ReadonlyMap<Statement, RecordSlot>;
  /** Expressions that have to be computed where they stand, whatever slots there are. */
  readonly computed: ReadonlySet<Expression>;
}

/** The guest's code as the interpreter keeps it: a record for each parcel of the pages executed. */
export interface PredecodedCode {
  /** Bytes of records for each parcel. */
  readonly pieceBytes: number;
  /**
   * By the number that a record begins with (2 bytes): the index of the instruction's row in the
   * ISA's list; -1 where no row can be told, since nothing was executed there or a region begins.
   */
  readonly rows: Int16Array;
  /** The number of records of what was not executed yet, or not since it was written. */
  readonly undecoded: number;
  /** Fills a record of a page, given by the byte offsets of it and of the page's first one. */
  decode(record: number, page: number): void;
  /** Byte offset in linear memory of a frame's first record; undefined if it has none. */
  recordsOf(frame: number): number | undefined;
  /** What the records of a row hold; `row` is its index in the ISA's list. */
  slotsOf(row: number): RecordSlots;
}

/** How regions are entered and left. */
export interface RegionSupport {
  /**
   * Prepares for regions: to be called before anything is executed, so that {@link places} are the
   * same in every run of a program.
   */
  prepare(): void;
  /** What regions refer to; asking for it says that there will be some. */
  readonly places: RegionPlaces;
  /** The code that was executed. */
  readonly predecoded: PredecodedCode;
  /**
   * The regions: functions from the budget and the place to enter at, numbered by the region, to what
   * is left of the budget; its complement (negative) if the interpreter has to execute the instruction at the program counter, which the region can't.
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
