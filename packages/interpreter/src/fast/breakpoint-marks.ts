/**
 * Breakpoints as marks in the records of the pages that they lie in: a run stops there, and costs
 * nothing elsewhere. Pages are found when control comes to them, so that a breakpoint holds in every
 * address space and whatever is mapped at its address later.
 */
import type { CodePages } from "./code-pages.ts";
import { fixedHandler } from "./context.ts";
import type { TranslationTables } from "./translation-tables.ts";

/** Keeps the marks in step with a set of breakpoints. */
export class BreakpointMarks {
  readonly #breakpoints: ReadonlySet<bigint>;
  readonly #pages: CodePages;
  readonly #tables: TranslationTables;
  /** The breakpoints that there are marks for. */
  #applied: ReadonlySet<bigint> = new Set();
  /** By frame: byte offsets of its marks. */
  readonly #marks = new Map<number, Set<number>>();
  /** Where an instruction is executed though there is a breakpoint. */
  #lifted: bigint | undefined;

  constructor(breakpoints: ReadonlySet<bigint>, pages: CodePages, tables: TranslationTables) {
    this.#breakpoints = breakpoints;
    this.#pages = pages;
    this.#tables = tables;
  }

  /** Whether there are any, or were any before the last change. */
  get isActive(): boolean {
    return this.#breakpoints.size > 0 || this.#applied.size > 0;
  }

  /** Follows the set; true if it has changed. */
  update(): boolean {
    if (!this.isActive || isSame(this.#breakpoints, this.#applied)) return false;
    for (const [frame, offsets] of this.#marks) {
      for (const offset of offsets) {
        if (this.#pages.handlerAt(frame, offset) !== fixedHandler.marked) continue;
        this.#pages.setHandler(frame, offset, fixedHandler.undecoded);
      }
    }
    this.#marks.clear();
    this.#applied = new Set(this.#breakpoints);
    // Every page is looked at again when control comes to it.
    this.#tables.clear();
    return true;
  }

  /** Marks a page that control comes to and that has records. */
  mark(frame: number, address: bigint): void {
    const page = address & ~0xfffn;
    for (const breakpoint of this.#applied) {
      if ((breakpoint & ~0xfffn) !== page) continue;
      const offset = Number(breakpoint & 0xfffn);
      const offsets = this.#marks.get(frame) ?? new Set();
      offsets.add(offset);
      this.#marks.set(frame, offsets);
      if (breakpoint === this.#lifted) continue;
      this.#pages.setHandler(frame, offset, fixedHandler.marked);
    }
  }

  /** Does something, such as executing one instruction, that no mark at an address hinders. */
  without<Result>(address: bigint, action: () => Result): Result {
    this.#lifted = address;
    try {
      return action();
    } finally {
      this.#lifted = undefined;
    }
  }

  /** Marks a frame again, records of which were made anew. */
  remark(frame: number): void {
    for (const offset of this.#marks.get(frame) ?? []) {
      this.#pages.setHandler(frame, offset, fixedHandler.marked);
    }
  }
}

function isSame(one: ReadonlySet<bigint>, other: ReadonlySet<bigint>): boolean {
  if (one.size !== other.size) return false;
  for (const address of one) if (!other.has(address)) return false;
  return true;
}
