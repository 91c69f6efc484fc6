/**
 * The generated half of region support: what the interpreter does at a marked address, and the loop
 * that passes control from region to region.
 */
import type { FunctionBuilder, FunctionIndex, ModuleBuilder, TableIndex } from "@isovm/wasm";
import { type ContextLayout, exitCode, jumpEntries, jumpEntryBytes, jumpWays } from "./context.ts";
import type { HandlerEnvironment } from "./handler.ts";

/**
 * Adds `enter(budget: i32) -> i32`: executes regions from the program counter on until the jump
 * cache knows none. The result is as a region's.
 */
export function addEnter(
  module: ModuleBuilder,
  functions: TableIndex,
  context: ContextLayout,
  pcOffset: number,
  parcelBytes: number,
): FunctionIndex {
  const enter = module.declareFunction("enter", ["i32"], ["i32"], ["budget"]);
  module.defineFunction(enter, (code) => {
    const [budget] = code.params;
    if (!budget) return;
    const pc = code.local("i64", "pc");
    const entry = code.local("i32", "entry");
    const region = module.type(["i32", "i32"], ["i32"]);
    const callIfKnown = (): void => {
      code.localGet(entry);
      code.i64Load(context.jumpTable);
      code.localGet(pc);
      code.i64Eq();
      code.localGet(entry);
      code.i32Load(context.jumpTable + 12);
      code.i32Const(0);
      code.i32Load(context.jumpTag);
      code.i32Eq();
      code.i32And();
      code.if(() => {
        code.localGet(budget);
        code.localGet(entry);
        code.i32Load16U(context.jumpTable + 10);
        code.localGet(entry);
        code.i32Load16U(context.jumpTable + 8);
        code.callIndirect(region, functions);
        code.localTee(budget);
        code.i32Const(0);
        code.i32GtS();
        code.brIf(again);
        code.localGet(budget);
        code.return();
      });
    };
    const again = code.beginLoop();
    code.i32Const(0);
    code.i64Load(pcOffset);
    code.localTee(pc);
    code.i64Const(Math.log2(parcelBytes));
    code.i64ShrU();
    code.i32WrapI64();
    code.i32Const(jumpEntries - 1);
    code.i32And();
    code.i32Const(Math.log2(jumpEntryBytes));
    code.i32Shl();
    code.localSet(entry);
    jumpWays.forEach((way, index) => {
      const flipped = way ^ (jumpWays[index - 1] ?? 0);
      if (flipped !== 0) {
        code.localGet(entry);
        code.i32Const(flipped * jumpEntryBytes);
        code.i32Xor();
        code.localSet(entry);
      }
      callIfKnown();
    });
    code.end(again);
    code.localGet(budget);
  });
  return enter;
}

/** Emits what happens at a marked record: `target` already holds its address. */
export function emitMarked(
  code: FunctionBuilder,
  { context, locals, lookup, leave }: HandlerEnvironment,
  enter: FunctionIndex,
  pcOffset: number,
): void {
  const exit = (result: number): void => {
    code.i32Const(result);
    code.localSet(locals.result);
    code.br(leave);
  };
  const before = code.local("i32", "before");
  const total = code.local("i32", "total");
  const left = code.local("i32", "left");
  code.i32Const(0);
  code.i64Load(context.leftTo);
  code.localGet(locals.target);
  code.i64Eq();
  code.if(() => {
    code.i32Const(0);
    code.i64Const(-1);
    code.i64Store(context.leftTo);
    exit(exitCode.left);
  });
  code.i32Const(0);
  code.localGet(locals.target);
  code.i64Store(pcOffset);
  code.localGet(locals.budget);
  code.localTee(before);
  code.i32Const(0);
  code.i32Load(context.reserve);
  code.i32Add();
  code.localTee(total);
  code.call(enter);
  code.localSet(left);
  code.i32Const(0);
  code.i64Load(pcOffset);
  code.localSet(locals.target);
  code.localGet(left);
  code.i32Const(0);
  code.i32LtS();
  code.if(
    () => {
      code.localGet(left);
      code.i32Const(-1);
      code.i32Xor();
      code.localSet(left);
      code.i32Const(0);
      code.localGet(locals.target);
      code.i64Store(context.leftTo);
      code.i32Const(0);
      code.i32Const(0);
      code.i32Load(context.leaves);
      code.i32Const(1);
      code.i32Add();
      code.i32Store(context.leaves);
    },
    () => {
      // A region that ends by itself has executed something.
      code.localGet(left);
      code.localGet(total);
      code.i32Eq();
      code.if(() => exit(exitCode.marked));
    },
  );
  code.i32Const(0);
  code.localGet(locals.target);
  code.i64Store(context.lastExit);
  code.i32Const(0);
  code.i32Const(0);
  code.i64Load(context.inRegions);
  code.localGet(total);
  code.localGet(left);
  code.i32Sub();
  code.i64ExtendI32U();
  code.i64Add();
  code.i64Store(context.inRegions);
  // The interpreter's share of what is left; the start moves so that the difference stays true.
  code.localGet(before);
  code.localGet(left);
  code.localGet(before);
  code.localGet(left);
  code.i32LtU();
  code.select();
  code.localSet(locals.budget);
  code.i32Const(0);
  code.localGet(left);
  code.localGet(locals.budget);
  code.i32Sub();
  code.i32Store(context.reserve);
  code.i32Const(0);
  code.i32Const(0);
  code.i32Load(context.startBudget);
  code.localGet(total);
  code.i32Add();
  code.localGet(left);
  code.i32Sub();
  code.localGet(before);
  code.i32Sub();
  code.localGet(locals.budget);
  code.i32Add();
  code.i32Store(context.startBudget);
  code.br(lookup);
}
