/** Region support of the fast interpreter: marks in its records, and what regions import. */
import type {
  EngineMemory,
  Exit,
  Isa,
  PredecodedCode,
  RegionHostExit,
  RegionPlaces,
  RegionSupport,
} from "@isovm/isa-spec";
import type { BreakpointMarks } from "./breakpoint-marks.ts";
import type { CodePages } from "./code-pages.ts";
import {
  type ContextLayout,
  exitCode,
  fixedHandler,
  jumpEntries,
  jumpWays,
  tableEntries,
} from "./context.ts";
import type { LoadedProgram } from "./kept-program.ts";
import { planSlots, type SlotPlan } from "./record.ts";
import type { TranslationTables } from "./translation-tables.ts";

/** The interpreter that control returns to. */
export interface RegionsOptions {
  readonly functions: WebAssembly.Table;
  readonly context: ContextLayout;
  readonly memory: EngineMemory;
  readonly tables: TranslationTables;
  readonly pages: CodePages;
  readonly isa: Isa;
  readonly program: Pick<LoadedProgram, "handlerRows" | "pieceBytes">;
  /** Fills a record of a page, given by the byte offsets of it and of the page's first one. */
  readonly decode: (record: number, page: number) => void;
  readonly breakpoints: ReadonlySet<bigint>;
  readonly marks: BreakpointMarks;
  readonly pc: () => bigint;
  /** Executes instructions, as many interpreted ones as the quantum at most; gives the exit code. */
  readonly execute: (budget: number, quantum: number) => number;
  readonly exit: (code: number) => Exit;
}

/** The interpreter's side of {@link RegionSupport}. */
export class InterpreterRegions implements RegionSupport {
  readonly functions: WebAssembly.Table;
  readonly predecoded: PredecodedCode;
  onPage: RegionSupport["onPage"];
  readonly #options: RegionsOptions;
  #places: RegionPlaces | undefined;

  constructor(options: RegionsOptions) {
    this.#options = options;
    this.functions = options.functions;
    const { isa, pages, program } = options;
    const { handlerRows: rows, pieceBytes } = program;
    this.predecoded = {
      pieceBytes,
      rows,
      undecoded: fixedHandler.undecoded,
      decode: options.decode,
      recordsOf: (frame) => pages.knownRecordsOf(frame),
      slotsOf: (index) => slotsOf(isa, index, pieceBytes),
    };
  }

  prepare(): void {
    this.#options.tables.reserveColours();
  }

  get places(): RegionPlaces {
    const { context, tables } = this.#options;
    this.#places ??= {
      ...context,
      tableEntries,
      jumpEntries,
      jumpWays,
      coloured: tables.useColours(),
    };
    return this.#places;
  }

  get lastExit(): bigint {
    return this.#options.tables.view.getBigUint64(this.#options.context.lastExit, true);
  }

  get executed(): bigint {
    return this.#options.tables.view.getBigUint64(this.#options.context.inRegions, true);
  }

  get leaves(): number {
    return this.#options.tables.view.getUint32(this.#options.context.leaves, true);
  }

  run(budget: number, quantum: number): RegionHostExit {
    const { context, execute, exit, tables } = this.#options;
    const code = execute(budget, quantum);
    const isHeld = code === exitCode.marked || code === exitCode.left;
    if (isHeld && this.#options.breakpoints.has(this.#options.pc())) return { kind: "breakpoint" };
    if (code === exitCode.marked) return { kind: "marked" };
    if (code === exitCode.left) {
      const after = this.step();
      return after.kind === "budget" ? { kind: "left" } : after;
    }
    if (code === exitCode.budget && tables.view.getUint32(context.reserve, true) > 0) {
      return { kind: "sample" };
    }
    return exit(code);
  }

  get hasBreakpoints(): boolean {
    return this.#options.marks.isActive;
  }

  updateBreakpoints(): boolean {
    return this.#options.marks.update();
  }

  step(): Exit {
    const { pages, marks, execute, exit } = this.#options;
    const pc = this.#options.pc();
    const { frame, offset } = this.#place(pc);
    const isMarked = frame >= 0 && pages.handlerAt(frame, offset) === fixedHandler.marked;
    if (isMarked) pages.setHandler(frame, offset, fixedHandler.undecoded);
    else if (!marks.isActive) return exit(execute(1, 1));
    const code = marks.without(pc, () => execute(1, 1));
    // An instruction that wrote to its own place loses the mark, unless it is a breakpoint's.
    if (isMarked && pages.handlerAt(frame, offset) !== fixedHandler.undecoded) {
      pages.setHandler(frame, offset, fixedHandler.marked);
    }
    marks.remark(frame);
    return exit(code);
  }

  mark(address: bigint): void {
    const { frame, offset } = this.#place(address);
    if (frame >= 0) this.#options.pages.setHandler(frame, offset, fixedHandler.marked);
  }

  unmark(address: bigint): void {
    if (!this.isMarked(address)) return;
    const { frame, offset } = this.#place(address);
    this.#options.pages.setHandler(frame, offset, fixedHandler.undecoded);
  }

  isMarked(address: bigint): boolean {
    const { frame, offset } = this.#place(address);
    return frame >= 0 && this.#options.pages.handlerAt(frame, offset) === fixedHandler.marked;
  }

  wasExecuted(frame: number, offset: number): boolean {
    return this.#options.pages.handlerAt(frame, offset) !== fixedHandler.undecoded;
  }

  #place(address: bigint): { readonly frame: number; readonly offset: number } {
    const frame = this.#options.memory.translate(address, "fetch");
    return { frame, offset: Number(address & 0xfffn) };
  }
}

/** The slots of a row; planned anew, as a program that was kept has none. */
function slotsOf(
  { instructions, layout, framing }: Isa,
  index: number,
  pieceBytes: number,
): SlotPlan {
  const row = instructions[index];
  const pieces = row ? row.sizeBytes / framing.parcelBytes : 0;
  const plan = row && planSlots(row, layout, { pieces, pieceBytes });
  if (!plan) throw new RangeError(`there are no records of row ${index}`);
  return plan;
}
