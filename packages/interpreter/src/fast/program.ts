/** The WebAssembly module of a fast interpreter, generated from the rows of an ISA. */
import {
  type Expression,
  expressionsOf,
  type FloatOperation,
  type FloatPolicy,
  float,
  type Isa,
  operandsOf,
  otherWidthOf,
  type Statement,
  UnsupportedError,
} from "@isovm/isa-spec";
import {
  addBank,
  FloatLibrary,
  type FunctionBuilder,
  type FunctionIndex,
  ModuleBuilder,
  RuntimeLibrary,
  type SoftwareTlbOptions,
  softwareTlb,
  type ValueType,
} from "@isovm/wasm";
import {
  type ContextLayout,
  exitCode,
  fixedHandler,
  fixedHandlerCount,
  tableEntries,
} from "./context.ts";
import { entryOf, fusionsOf } from "./fusion.ts";
import {
  countInstruction,
  emitFused,
  emitHandler,
  type HandlerEnvironment,
  pushPc,
} from "./handler.ts";
import { addEnter, emitMarked } from "./marks.ts";
import { addPredecoder, type PlannedRow } from "./predecoder.ts";
import { planRecords, type SlotPlan } from "./record.ts";

/** A generated interpreter. */
export interface InterpreterProgram {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Names of effects by exit code minus `exitCode.effect`. */
  readonly effects: readonly string[];
  /** Names of the intrinsics that the module imports. */
  readonly intrinsics: readonly string[];
  /** Bytes of records for one parcel of code. */
  readonly pieceBytes: number;
  /** By handler: the one that executes its first instruction alone. */
  readonly plainHandlers: Uint16Array;
  /** By handler: the row that it executes, or executes first; -1 if it is no row's. */
  readonly handlerRows: Int16Array;
  /** The module's text, for people. */
  readonly text: () => string;
}

/** What the rows use beyond plain computation. */
interface Usage {
  readonly effects: readonly string[];
  readonly intrinsics: ReadonlyMap<string, number>;
  readonly floatPolicy: FloatPolicy | undefined;
}

/**
 * Generates the interpreter of an ISA whose context lies at fixed offsets of linear memory.
 *
 * @throws UnsupportedError if a row says something that has no lowering yet.
 */
export function generateInterpreter(isa: Isa, context: ContextLayout): InterpreterProgram {
  const usage = collectUsage(isa);
  const module = new ModuleBuilder({ name: `${isa.name} interpreter` });
  const slowImports = {
    read: module.importFunction("slow", "read", ["i64", "i32"], ["i32"]),
    locate: module.importFunction("slow", "locate", ["i64", "i32"], ["i32"]),
    store: module.importFunction("slow", "store", ["i64", "i64", "i32"], ["i32"]),
    fetch: module.importFunction("slow", "fetch", ["i64"], ["i32"]),
    straddle: module.importFunction("slow", "straddle", ["i64"], ["i32"]),
    mark: module.importFunction("slow", "mark", ["i32"], []),
  };
  const intrinsics = new Map<string, FunctionIndex>();
  for (const [name, arity] of usage.intrinsics) {
    const params = new Array<"i64">(arity).fill("i64");
    intrinsics.set(name, module.importFunction("intrinsic", name, params, ["i64"]));
  }
  const floats = usage.floatPolicy && new FloatLibrary(module, usage.floatPolicy);
  const regions = module.importTable("regions", "functions", { initial: 0 });
  module.importMemory("env", "memory", { initial: 0 });
  const slow = {
    read: wrap(module, slowImports.read, "read", ["i64", "i32"]),
    locate: wrap(module, slowImports.locate, "locate", ["i64", "i32"]),
    store: wrap(module, slowImports.store, "store", ["i64", "i64", "i32"]),
    fetch: wrap(module, slowImports.fetch, "fetch", ["i64"]),
    straddle: wrap(module, slowImports.straddle, "straddle", ["i64"]),
  };
  const library = new RuntimeLibrary(module);
  const { pieceBytes, plans } = planRecords(isa);
  const shift = Math.log2(pieceBytes / isa.framing.parcelBytes);
  const rows = numberHandlers(isa, plans);
  const decode = addPredecoder(module, isa, rows, library, shift, slowImports.mark);
  const pcOffset = context.state + isa.layout.pcOffset;
  const enter = addEnter(module, regions, context, pcOffset, isa.framing.parcelBytes);
  const run = module.declareFunction("run", ["i32"], ["i32"], ["budget"]);
  module.defineFunction(run, (code) => {
    emitRun(code, isa, context, rows, shift, { ...slow, decode, enter }, (environment) => ({
      ...environment,
      library,
      floatFunction: (operation) => floatFunction(floats, operation),
      intrinsicFunction: (name) => known(intrinsics.get(name), name),
      effectNumber: (name) => usage.effects.indexOf(name),
    }));
  });
  module.exportFunction("run", run);
  module.exportFunction("decode", decode);
  return {
    bytes: module.toBytes(),
    effects: usage.effects,
    intrinsics: [...usage.intrinsics.keys()],
    pieceBytes,
    plainHandlers: plainHandlersOf(rows),
    handlerRows: handlerRowsOf(rows),
    text: () => module.toText(),
  };
}

/**
 * A function that calls an imported one. A host's compiler holds what it needs for calling imports
 * in registers throughout a function that does so, which `run` can't spare.
 */
function wrap(
  module: ModuleBuilder,
  imported: FunctionIndex,
  name: string,
  params: readonly ValueType[],
): FunctionIndex {
  const index = module.declareFunction(name, params, ["i32"]);
  module.defineFunction(index, (code) => {
    for (const param of code.params) code.localGet(param);
    code.call(imported);
  });
  return index;
}

function known<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new UnsupportedError(`${name} is not there`, { feature: name });
  return value;
}

function floatFunction(floats: FloatLibrary | undefined, operation: FloatOperation): FunctionIndex {
  const { operator, format } = operation;
  const converts = float.floatOperatorRows[operator].other !== "none";
  const library = known(floats, operator);
  return library.function(operator, format, converts ? otherWidthOf(operation) : 0);
}

/**
 * Numbers the handlers: those of longer instructions are higher. A row with jumps by a distance
 * has a second one for jumps in the page; behind all these of one size come those that fuse a row
 * with another one.
 */
function numberHandlers(isa: Isa, plans: readonly SlotPlan[]): readonly PlannedRow[] {
  let next = fixedHandlerCount;
  const rows = isa.instructions.map((row, index) => ({
    row,
    plan: known(plans[index], row.mnemonic),
    handler: 0,
    localHandler: undefined as number | undefined,
    fused: [] as { handler: number; second: PlannedRow }[],
  }));
  const byName = new Map(rows.map((planned) => [planned.row.mnemonic, planned]));
  const fusions = fusionsOf(isa);
  const sizes = new Set(rows.map(({ row }) => row.sizeBytes));
  for (const size of [...sizes].sort((a, b) => a - b)) {
    const ofSize = rows.filter(({ row }) => row.sizeBytes === size);
    for (const planned of ofSize) {
      planned.handler = next++;
      if (planned.plan.jumps.size > 0) planned.localHandler = next++;
    }
    for (const planned of ofSize) {
      for (const name of fusions.get(planned.row.mnemonic) ?? []) {
        planned.fused.push({ handler: next++, second: known(byName.get(name), name) });
      }
    }
  }
  return rows;
}

function lastHandler(rows: readonly PlannedRow[]): number {
  return rows.reduce((most, { handler, localHandler = 0, fused }) => {
    return Math.max(most, handler, localHandler, ...fused.map((pair) => pair.handler));
  }, fixedHandlerCount - 1);
}

function handlerRowsOf(rows: readonly PlannedRow[]): Int16Array {
  const handlerRows = new Int16Array(lastHandler(rows) + 1).fill(-1);
  rows.forEach(({ handler, localHandler = handler, fused }, row) => {
    handlerRows[handler] = row;
    handlerRows[localHandler] = row;
    for (const pair of fused) handlerRows[pair.handler] = row;
  });
  return handlerRows;
}

function plainHandlersOf(rows: readonly PlannedRow[]): Uint16Array {
  const plain = Uint16Array.from({ length: lastHandler(rows) + 1 }, (_, handler) => handler);
  for (const row of rows) for (const { handler } of row.fused) plain[handler] = entryOf(row);
  return plain;
}

function collectUsage(isa: Isa): Usage {
  const effects = new Set<string>();
  const intrinsics = new Map<string, number>();
  const policies = new Set<FloatPolicy>();
  const seen = new Set<Expression>();
  const look = (expression: Expression): void => {
    if (seen.has(expression)) return;
    seen.add(expression);
    if (expression.kind === "float") policies.add(expression.operation.policy);
    for (const operand of operandsOf(expression)) look(operand);
  };
  const visit = (list: readonly Statement[]): void => {
    for (const statement of list) {
      for (const expression of expressionsOf(statement)) look(expression);
      if (statement.kind === "effect") effects.add(statement.name);
      if (statement.kind === "intrinsic") {
        intrinsics.set(statement.name, statement.operands.length);
      }
      if (statement.kind === "if") {
        visit(statement.then);
        visit(statement.else);
      }
      if (statement.kind === "while") {
        visit(statement.test);
        visit(statement.body);
      }
    }
  };
  for (const row of isa.instructions) visit(row.semantics.body);
  const [floatPolicy, ...others] = policies;
  if (others.length > 0) {
    throw new UnsupportedError("the rows of an ISA must share one floating-point policy object", {
      feature: "several floating-point policies",
    });
  }
  return { effects: [...effects], intrinsics, floatPolicy };
}

interface Functions {
  readonly read: FunctionIndex;
  readonly locate: FunctionIndex;
  readonly store: FunctionIndex;
  readonly fetch: FunctionIndex;
  readonly straddle: FunctionIndex;
  readonly decode: FunctionIndex;
  readonly enter: FunctionIndex;
}

type Services = Pick<
  HandlerEnvironment,
  "library" | "floatFunction" | "intrinsicFunction" | "effectNumber"
>;

/**
 * Emits `run`: an outer loop that finds the records of a target address, an inner one that
 * dispatches on the current record's handler, and one way out.
 */
function emitRun(
  code: FunctionBuilder,
  isa: Isa,
  context: ContextLayout,
  rows: readonly PlannedRow[],
  shift: number,
  functions: Functions,
  complete: (environment: Omit<HandlerEnvironment, keyof Services>) => HandlerEnvironment,
): void {
  const [start] = code.params;
  if (!start) return;
  const locals = {
    budget: code.local("i32", "budget"),
    record: code.local("i32", "record"),
    target: code.local("i64", "target"),
    result: code.local("i32", "result"),
  };
  const { layout } = isa;
  const pcOffset = context.state + layout.pcOffset;
  code.i32Const(0);
  code.localGet(start);
  code.localTee(locals.budget);
  code.i32Store(context.startBudget);
  code.i32Const(0);
  code.i64Load(pcOffset);
  code.localSet(locals.target);

  const storeBudget = (): void => {
    code.i32Const(0);
    code.localGet(locals.budget);
    code.i32Store(context.budgetLeft);
  };
  keepInMemory(code, context, locals);
  const leave = code.beginBlock(undefined, "leave");
  const lookup = code.beginLoop(undefined, "lookup");
  emitLookup(code, context, locals, shift, functions.fetch, () => {
    // An instruction that can't be fetched counts; without budget for it, it isn't tried.
    code.localGet(locals.budget);
    code.if(
      () => {
        code.localGet(locals.budget);
        code.i32Const(1);
        code.i32Sub();
        code.localSet(locals.budget);
        code.i32Const(exitCode.fault);
        code.localSet(locals.result);
      },
      () => {
        code.i32Const(exitCode.budget);
        code.localSet(locals.result);
      },
    );
    code.i32Const(0);
    code.localGet(locals.target);
    code.i64Store(pcOffset);
    storeBudget();
    code.localGet(locals.result);
    code.return();
  });
  const dispatch = code.beginLoop(undefined, "dispatch");
  const tlb: SoftwareTlbOptions = {
    readTable: context.readTable,
    writeTable: context.writeTable,
    entries: tableEntries,
    bank: context.bank,
    readSlow: functions.read,
    locateSlow: functions.locate,
    storeSlow: functions.store,
    fault: () => {
      code.i32Const(exitCode.fault);
      code.localSet(locals.result);
      code.br(leave);
    },
  };
  const partial = {
    code,
    layout,
    context,
    addressWidth: isa.addressWidth,
    shift,
    locals,
    dispatch,
    lookup,
    leave,
    memory: softwareTlb(tlb),
    retryingMemory: softwareTlb({
      ...tlb,
      miss: () => {
        uncount(code, locals.budget);
        code.br(dispatch);
      },
    }),
  };
  const environment = complete(partial);

  const handlers = emitDispatch(code, rows, locals, leave);
  const handler = (number: number, body: () => void): void => {
    const label = handlers[number];
    if (label) code.end(label);
    code.scope(body);
  };
  handler(fixedHandler.undecoded, () => {
    code.localGet(locals.record);
    code.i32Const(0);
    code.i32Load(context.page);
    code.call(functions.decode);
    uncount(code, locals.budget);
    code.br(dispatch);
  });
  handler(fixedHandler.pageEnd, () => {
    uncount(code, locals.budget);
    pushAddress(environment);
    code.localSet(locals.target);
    code.br(lookup);
  });
  handler(fixedHandler.illegal, () => {
    code.i32Const(exitCode.illegal);
    code.localSet(locals.result);
    code.br(leave);
  });
  handler(fixedHandler.straddle, () => {
    pushPc(environment);
    code.localTee(locals.target);
    code.call(functions.straddle);
    code.if(
      () => {
        uncount(code, locals.budget);
        code.i32Const(context.straddleRecords);
        code.localSet(locals.record);
        code.i32Const(0);
        code.i32Const(context.straddleRecords);
        code.i32Store(context.page);
        code.i32Const(0);
        code.localGet(locals.target);
        code.i64Const(context.straddleRecords / 2 ** shift);
        code.i64Sub();
        code.i64Store(context.bias);
        code.br(dispatch);
      },
      () => {
        code.i32Const(exitCode.fault);
        code.localSet(locals.result);
        code.br(leave);
      },
    );
    code.unreachable();
  });
  handler(fixedHandler.marked, () => {
    uncount(code, locals.budget);
    pushAddress(environment);
    code.localSet(locals.target);
    emitMarked(code, environment, functions.enter, pcOffset);
  });
  const bodies: (() => void)[] = [];
  for (const planned of rows) {
    bodies[planned.handler] = () => emitHandler(environment, planned, false);
    if (planned.localHandler !== undefined) {
      bodies[planned.localHandler] = () => emitHandler(environment, planned, true);
    }
    for (const { handler: number, second } of planned.fused) {
      bodies[number] = () => emitFused(environment, planned, second);
    }
  }
  for (const [number, body] of bodies.entries()) if (body) handler(number, body);
  code.end(dispatch);
  code.end(lookup);
  code.end(leave);

  code.i32Const(0);
  pushAddress(environment);
  code.i64Store(pcOffset);
  storeBudget();
  code.localGet(locals.result);
}

/** Pushes the address of the current record, wrapped to the address width. */
function pushAddress(environment: HandlerEnvironment): void {
  pushPc(environment);
  if (environment.addressWidth === 32) {
    environment.code.i64Const(0xffffffff);
    environment.code.i64And();
  }
}

/** Gives back the instruction that the dispatch counted for a record that isn't one. */
function uncount(code: FunctionBuilder, budget: HandlerEnvironment["locals"]["budget"]): void {
  code.localGet(budget);
  code.i32Const(1);
  code.i32Add();
  code.localSet(budget);
}

/** Finds page, record and bias of `target`, through the fetch table or the slow path. */
function emitLookup(
  code: FunctionBuilder,
  context: ContextLayout,
  locals: HandlerEnvironment["locals"],
  shift: number,
  fetch: FunctionIndex,
  fault: () => void,
): void {
  const entry = code.local("i32", "entry");
  const page = code.local("i32", "page");
  code.localGet(locals.target);
  code.i64Const(8);
  code.i64ShrU();
  code.i32WrapI64();
  code.i32Const((tableEntries - 1) * 16);
  code.i32And();
  addBank(code, context.bank);
  code.localTee(entry);
  code.i64Load(context.fetchTable);
  code.localGet(locals.target);
  code.i64Const(-4096);
  code.i64And();
  code.i64Eq();
  code.if(
    "i32",
    () => {
      code.localGet(entry);
      code.i32Load(context.fetchTable + 8);
    },
    () => {
      code.localGet(locals.target);
      code.call(fetch);
    },
  );
  code.localTee(page);
  code.i32Eqz();
  code.if(fault);
  code.i32Const(0);
  code.localGet(page);
  code.i32Store(context.page);
  code.localGet(page);
  code.localGet(locals.target);
  code.i32WrapI64();
  code.i32Const(4095);
  code.i32And();
  code.i32Const(shift);
  code.i32Shl();
  code.i32Add();
  code.localSet(locals.record);
  code.i32Const(0);
  code.localGet(locals.target);
  code.localGet(locals.record);
  code.i32Const(shift);
  code.i32ShrU();
  code.i64ExtendI32U();
  code.i64Sub();
  code.i64Store(context.bias);
}

/**
 * Saves record and budget around calls, which are rare, and loads them again. A host's compiler
 * that sees them live across calls keeps them in its stack frame at every dispatch instead.
 */
function keepInMemory(
  code: FunctionBuilder,
  context: ContextLayout,
  { record, budget }: HandlerEnvironment["locals"],
): void {
  code.aroundCalls(
    () => {
      code.i32Const(0);
      code.localGet(record);
      code.i32Store(context.savedRecord);
      code.i32Const(0);
      code.localGet(budget);
      code.i32Store(context.savedBudget);
    },
    () => {
      code.i32Const(0);
      code.i32Load(context.savedRecord);
      code.localSet(record);
      code.i32Const(0);
      code.i32Load(context.savedBudget);
      code.localSet(budget);
    },
  );
}

/** Counts an instruction and branches to the record's handler; returns the handlers' labels. */
function emitDispatch(
  code: FunctionBuilder,
  rows: readonly PlannedRow[],
  locals: HandlerEnvironment["locals"],
  leave: HandlerEnvironment["leave"],
) {
  countInstruction(code, locals, leave);
  const names = ["undecoded", "page end", "illegal", "straddle", "marked"];
  for (const { row, handler, localHandler, fused } of rows) {
    names[handler] = row.mnemonic;
    if (localHandler !== undefined) names[localHandler] = `${row.mnemonic} in page`;
    for (const { handler: number, second } of fused) {
      names[number] = `${row.mnemonic}, ${second.row.mnemonic}`;
    }
  }
  const labels = names
    .toReversed()
    .map((name) => code.beginBlock(undefined, name))
    .reverse();
  const illegal = labels[fixedHandler.illegal];
  code.localGet(locals.record);
  code.i32Load16U(0);
  if (illegal) code.brTable(labels, illegal);
  return labels;
}
