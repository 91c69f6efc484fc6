/** The interpreter's block of linear memory: registers, exit information, translation tables. */
import type { StateLayout } from "@isovm/isa-spec";
import { tlbEntryBytes } from "@isovm/wasm";

/** Entries of each translation table. */
export const tableEntries = 4096;
/** Entries of the jump cache. */
export const jumpEntries = 32768;
/** Entries of the jump cache that an address may have: bits of the number that are flipped for them. */
export const jumpWays: readonly number[] = [
  0,
  jumpEntries / 2,
  jumpEntries / 4,
  (jumpEntries / 4) * 3,
];

/** Byte offsets in linear memory. */
export interface ContextLayout {
  /** The architectural state. */
  readonly state: number;
  /** Value of a trap (8), its cause (4), budget left (4), retired before this run (8). */
  readonly exitValue: number;
  readonly exitCause: number;
  readonly budgetLeft: number;
  readonly retiredBase: number;
  /** `pc = bias + (record >>> shift)` in the current page (8); its first record (4). */
  readonly bias: number;
  readonly page: number;
  /** The budget that the run began with (4). */
  readonly startBudget: number;
  /** Where the record (4) and the budget (4) are during calls. */
  readonly savedRecord: number;
  readonly savedBudget: number;
  /** Instructions of the run's budget that are not in the `budget` of the generated code (4). */
  readonly reserve: number;
  /** Where a region left an instruction to the interpreter, and where the last one left (8, 8). */
  readonly leftTo: number;
  readonly lastExit: number;
  /** Instructions executed by regions so far (8). */
  readonly inRegions: number;
  /** How often a region left an instruction to the interpreter (4). */
  readonly leaves: number;
  /** Software TLBs for data, of the first translation context. */
  readonly readTable: number;
  readonly writeTable: number;
  /** By page: virtual address (8), byte offset of its records (4). */
  readonly fetchTable: number;
  /** Translation contexts; each has its tables `contextBytes` behind those of the one before. */
  readonly contexts: number;
  readonly contextBytes: number;
  /** What to add for the tables of the current context (4); absent if there is one context only. */
  readonly bank?: number;
  /** By address: where it is (8), the index of its region (2), where to enter (2), the tag (4). */
  readonly jumpTable: number;
  /** The tag of entries of the jump cache that hold now (4). */
  readonly jumpTag: number;
  /** Bytes of an access that crosses a page. */
  readonly bounce: number;
  /** A page of records for one instruction that crosses a page, and its bytes. */
  readonly straddleCode: number;
  readonly straddleRecords: number;
  readonly sizeBytes: number;
}

/** Bytes of an entry of the jump cache. */
export const jumpEntryBytes = 16;

/** More than the pieces of a record have. */
const largestPiece = 32;
/** Bytes of the longest instruction that a straddling record can hold. */
const longestInstruction = 16;

/** Lays out the interpreter's block from byte `base`, with tables for so many contexts. */
export function layoutContext(layout: StateLayout, base: number, contexts = 1): ContextLayout {
  let next = base;
  const take = (sizeBytes: number): number => {
    const offset = next;
    next += Math.ceil(sizeBytes / 16) * 16;
    return offset;
  };
  const state = take(layout.sizeBytes);
  const exit = take(32);
  const run = take(64);
  const tableBytes = tableEntries * tlbEntryBytes;
  const tables = take(contexts * 3 * tableBytes);
  return {
    state,
    exitValue: exit,
    exitCause: exit + 8,
    budgetLeft: exit + 12,
    retiredBase: exit + 16,
    bias: run,
    page: run + 8,
    startBudget: run + 12,
    savedRecord: run + 16,
    savedBudget: run + 20,
    reserve: run + 24,
    leftTo: run + 32,
    lastExit: run + 40,
    inRegions: run + 48,
    leaves: run + 56,
    jumpTag: run + 60,
    readTable: tables,
    writeTable: tables + tableBytes,
    fetchTable: tables + 2 * tableBytes,
    contexts,
    contextBytes: 3 * tableBytes,
    ...(contexts > 1 && { bank: run + 28 }),
    jumpTable: take(jumpEntries * jumpEntryBytes),
    bounce: take(16),
    straddleCode: take(longestInstruction),
    straddleRecords:
      take(pageHeaderBytes + (longestInstruction + 1) * largestPiece) + pageHeaderBytes,
    sizeBytes: next - base,
  };
}

/** Before the records of a page: byte offset of its code (4), size of its records in bytes (4). */
export const pageHeaderBytes = 16;

/** Handlers that every interpreter has, before those of the rows. */
export const fixedHandler = {
  /** The record isn't filled yet. */
  undecoded: 0,
  /** Behind the last record of a page. */
  pageEnd: 1,
  illegal: 2,
  /** The instruction's bytes go on in the next page. */
  straddle: 3,
  /** A region may begin here. */
  marked: 4,
} as const;
export const fixedHandlerCount = 5;

/** What the generated function returns. */
export const exitCode = {
  budget: 0,
  fault: 1,
  trap: 2,
  illegal: 3,
  /** At a marked address that the jump cache doesn't know. */
  marked: 4,
  /** At a marked address whose region left this instruction to the interpreter. */
  left: 5,
  /** Effects follow: `effect + n` is the n-th name. */
  effect: 6,
} as const;
