/**
 * Fusion: of two instructions that often follow each other, the first one's record gets a handler
 * that executes both and saves a dispatch. The second keeps its own record, from which the fused
 * handler takes the slots, so jumps to it work as ever; what changes a record has to undo the
 * fusion before it.
 */
import type { Isa, Statement } from "@isovm/isa-spec";
import type { FunctionBuilder, FunctionIndex, Local, ModuleBuilder } from "@isovm/wasm";
import { fixedHandler } from "./context.ts";
import type { PlannedRow } from "./predecoder.ts";

/** What the first row of a fusion may not do: leave, or make the second one's record disappear. */
const endings: ReadonlySet<Statement["kind"]> = new Set([
  "effect",
  "illegal",
  "instructionFence",
  "intrinsic",
]);

function contains(list: readonly Statement[], kinds: ReadonlySet<Statement["kind"]>): boolean {
  return list.some(
    (statement) =>
      kinds.has(statement.kind) ||
      (statement.kind === "if" &&
        (contains(statement.then, kinds) || contains(statement.else, kinds))) ||
      (statement.kind === "while" &&
        (contains(statement.test, kinds) || contains(statement.body, kinds))),
  );
}

/** The fusions of an ISA whose rows it has: by mnemonic of the first, those of the second. */
export function fusionsOf(isa: Isa): ReadonlyMap<string, readonly string[]> {
  const rows = new Map(isa.instructions.map((row) => [row.mnemonic, row]));
  const fusions = new Map<string, readonly string[]>();
  for (const [first, seconds] of Object.entries(isa.frequentPairs ?? {})) {
    const row = rows.get(first);
    if (!row || contains(row.semantics.body, endings)) continue;
    fusions.set(
      first,
      seconds.filter((second) => rows.has(second)),
    );
  }
  return fusions;
}

const writes: ReadonlySet<Statement["kind"]> = new Set([
  "store",
  "atomic",
  "compareAndSwap",
  "storeConditional",
]);

/** True if the row may write to memory, and thereby to the code that follows it. */
export function mayWrite({ row }: PlannedRow): boolean {
  return contains(row.semantics.body, writes);
}

/** What can be done again after it was done once: reading registers, computing. */
const harmless: ReadonlySet<Statement["kind"]> = new Set(["readRegister", "assign", "fence"]);
const accesses: ReadonlySet<Statement["kind"]> = new Set([...writes, "load", "loadReserved"]);

/** True if nothing has happened yet where the row accesses memory, which it does once at most. */
export function canRetry({ row }: PlannedRow): boolean {
  const { body } = row.semantics;
  const first = body.findIndex(({ kind }) => !harmless.has(kind));
  const kind = body[first]?.kind;
  return kind !== undefined && accesses.has(kind) && !contains(body.slice(first + 1), accesses);
}

/** The handler that a row's record has unless its jumps leave the page. */
export function entryOf({ handler, localHandler }: PlannedRow): number {
  return localHandler ?? handler;
}

/** Writes the parts of the predecoder that make and undo fusions. */
export class FusionCode {
  readonly #shift: number;
  /** By mnemonic of the second row: the first rows and their fused handlers. */
  readonly #before: ReadonlyMap<string, readonly { first: PlannedRow; handler: number }[]>;
  readonly #undo: FunctionIndex | undefined;

  constructor(module: ModuleBuilder, rows: readonly PlannedRow[], shift: number) {
    this.#shift = shift;
    const before = new Map<string, { first: PlannedRow; handler: number }[]>();
    for (const first of rows) {
      for (const { handler, second } of first.fused) {
        const known = before.get(second.row.mnemonic) ?? [];
        before.set(second.row.mnemonic, [...known, { first, handler }]);
      }
    }
    this.#before = before;
    this.#undo = before.size > 0 ? this.#addUndo(module, rows) : undefined;
  }

  /** Makes the record before the one at `record` undecoded, if it is fused with it. */
  undo(code: FunctionBuilder, record: Local, page: Local): void {
    if (this.#undo === undefined) return;
    code.localGet(record);
    code.localGet(page);
    code.call(this.#undo);
  }

  /**
   * Fuses a record that was just filled with the one behind it and with the one before it, if they
   * are decoded. `handler` holds the record's handler and may change.
   */
  fuse(
    code: FunctionBuilder,
    planned: PlannedRow,
    places: { readonly record: Local; readonly page: Local; readonly handler: Local },
  ): void {
    const { handler } = places;
    const before = this.#before.get(planned.row.mnemonic) ?? [];
    if (planned.fused.length === 0 && before.length === 0) return;
    const { handler: far, localHandler } = planned;
    if (localHandler === undefined) return this.#fuseBoth(code, planned, before, places);
    code.localGet(handler);
    code.i32Const(far);
    code.i32Ne();
    code.if(() => this.#fuseBoth(code, planned, before, places));
  }

  #fuseBoth(
    code: FunctionBuilder,
    planned: PlannedRow,
    before: readonly { first: PlannedRow; handler: number }[],
    { record, page, handler }: { record: Local; page: Local; handler: Local },
  ): void {
    const other = code.local("i32", "other");
    if (planned.fused.length > 0) {
      code.localGet(record);
      code.i32Load16U(planned.row.sizeBytes << this.#shift);
      code.localSet(other);
      for (const fused of planned.fused) {
        pushIs(code, other, fused.second);
        code.if(() => {
          code.i32Const(fused.handler);
          code.localSet(handler);
        });
      }
    }
    for (const sizeBytes of new Set(before.map(({ first }) => first.row.sizeBytes))) {
      this.#ifBefore(code, record, page, sizeBytes, (previous) => {
        code.localGet(previous);
        code.i32Load16U(0);
        code.localSet(other);
        for (const { first, handler: fused } of before) {
          if (first.row.sizeBytes !== sizeBytes) continue;
          pushIs(code, other, first);
          code.if(() => {
            code.localGet(previous);
            code.i32Const(fused);
            code.i32Store16(0);
          });
        }
      });
    }
  }

  /** Writes `body` for the place where a record would be whose instruction ends at `record`. */
  #ifBefore(
    code: FunctionBuilder,
    record: Local,
    page: Local,
    sizeBytes: number,
    body: (previous: Local) => void,
  ): void {
    const previous = code.local("i32", "previous");
    code.localGet(record);
    code.i32Const(sizeBytes << this.#shift);
    code.i32Sub();
    code.localTee(previous);
    code.localGet(page);
    code.i32GeU();
    code.if(() => body(previous));
  }

  #addUndo(module: ModuleBuilder, rows: readonly PlannedRow[]): FunctionIndex {
    const undo = module.declareFunction("unfuse", ["i32", "i32"], [], ["record", "page"]);
    module.defineFunction(undo, (code) => {
      const [record, page] = code.params;
      if (!record || !page) return;
      for (const sizeBytes of new Set(rows.map(({ row }) => row.sizeBytes))) {
        const numbers = rows
          .filter(({ row }) => row.sizeBytes === sizeBytes)
          .flatMap(({ fused }) => fused.map(({ handler }) => handler));
        if (numbers.length === 0) continue;
        // Fused handlers of rows of one size are numbered in sequence.
        this.#ifBefore(code, record, page, sizeBytes, (previous) => {
          code.localGet(previous);
          code.i32Load16U(0);
          code.i32Const(Math.min(...numbers));
          code.i32Sub();
          code.i32Const(numbers.length);
          code.i32LtU();
          code.if(() => {
            code.localGet(previous);
            code.i32Const(fixedHandler.undecoded);
            code.i32Store16(0);
          });
        });
      }
    });
    return undo;
  }
}

/** Pushes whether a number is that of a row's handler, fused or not. */
function pushIs(code: FunctionBuilder, handler: Local, planned: PlannedRow): void {
  code.localGet(handler);
  code.i32Const(entryOf(planned));
  code.i32Eq();
  const [firstFused] = planned.fused;
  if (!firstFused) return;
  code.localGet(handler);
  code.i32Const(firstFused.handler);
  code.i32Sub();
  code.i32Const(planned.fused.length);
  code.i32LtU();
  code.i32Or();
}
