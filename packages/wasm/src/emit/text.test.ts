import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "./module-builder.ts";
import { floatText, Identifiers, integerText } from "./text-layout.ts";
import type { FunctionIndex, Local } from "./types.ts";

/** A module that has one of everything the printer treats differently. */
function example(): { module: ModuleBuilder; step: FunctionIndex } {
  const module = new ModuleBuilder({ validate: true, name: "example" });
  const trap = module.importFunction("host", "trap", ["i32"], []);
  module.importMemory("host", "memory", { initial: 1, maximum: 16, shared: true });
  const table = module.addTable({ initial: 2 });
  const fuel = module.addGlobal("i64", true, 1_000_000n, "fuel");
  module.addGlobal("f64", false, -0);
  const step = module.declareFunction("step", ["i32", "i64"], ["i64"], ["state"]);
  module.defineFunction(step, (code) => {
    const [state, limit] = code.params as [Local, Local];
    const pc = code.local("i64", "pc");
    code.localGet(state);
    code.localGet(state);
    code.i64Load(8);
    code.localTee(pc);
    code.i64Const(0xffff_ffff_ffff_f000n);
    code.i64And();
    code.localGet(pc);
    code.i64Const(4);
    code.i64Add();
    code.i64Or();
    code.i64Store32(0xffff_fff0, 1);
    const done = code.beginBlock(undefined, "done");
    code.loop((next) => {
      code.localGet(pc);
      code.localGet(limit);
      code.i64GtU();
      code.brIf(done);
      code.localGet(pc);
      code.i32WrapI64();
      code.if(
        () => code.nop(),
        () => code.br(next),
      );
      code.globalGet(fuel);
      code.i64Eqz();
      code.if(() => {
        code.i32Const(7);
        code.call(trap);
      });
      code.i32Const(0);
      code.brTable([next, next, next, next, next, next, next, next, next, done], next);
    });
    code.end(done);
    code.i64Const(1);
    code.f64Const(0.1);
    code.block({ params: ["i64", "f64"], results: ["i64", "f64"] }, () => code.nop());
    code.i64TruncSatF64S();
    code.i64Add();
    code.i32Const(1);
    code.returnCallIndirect({ params: ["i64"], results: ["i64"] }, table);
  });
  module.exportFunction("step", step);
  module.addElements(table, 0, [step, step]);
  module.addData(16, Uint8Array.of(0x41, 0x22, 0));
  return { module, step };
}

describe("text", () => {
  it("of a module is folded, and breaks lines where they get long", () => {
    expect(example().module.toText()).toMatchInlineSnapshot(`
      "(module $example
        (type (;0;) (func (param i32)))
        (type (;1;) (func (param i32 i64) (result i64)))
        (type (;2;) (func (param i64 f64) (result i64 f64)))
        (type (;3;) (func (param i64) (result i64)))
        (import "host" "trap" (func $trap (param $0 i32)))
        (import "host" "memory" (memory 1 16 shared))
        (table (;0;) 2 funcref)
        (global $fuel (mut i64) (i64.const 0xf4240))
        (global $1 f64 (f64.const -0))
        (export "step" (func $step))
        (elem (table 0) (i32.const 0) func $step $step)
        (func $step (param $state i32) (param $1 i64) (result i64)
          (local $pc i64)
          (i64.store32 offset=4294967280 align=1
            (local.get $state)
            (i64.or
              (i64.and (local.tee $pc (i64.load offset=8 (local.get $state))) (i64.const -4096))
              (i64.add (local.get $pc) (i64.const 4))))
          (block $done
            (loop $L1
              (br_if $done (i64.gt_u (local.get $pc) (local.get $1)))
              (if (i32.wrap_i64 (local.get $pc)) (then (nop)) (else (br $L1)))
              (if (i64.eqz (global.get $fuel)) (then (call $trap (i32.const 7))))
              (br_table $L1 $L1 $L1 $L1 $L1 $L1 $L1 $L1 $L1 $done $L1 (i32.const 0))))
          (i64.const 1)
          (f64.const 0.1)
          (block (param i64 f64) (result i64 f64)
            (nop))
          (i64.trunc_sat_f64_s)
          (i64.add)
          (i32.const 1)
          (return_call_indirect (type 3)))
        (data (i32.const 16) "A\\22\\00"))
      "
    `);
  });

  it("of one function stands alone", () => {
    const { module, step } = example();
    expect(module.toText(step)).toMatch(/^\(func \$step \(param \$state i32\) \(param \$1 i64\)/);
  });

  it("of a function without a body says so", () => {
    const module = new ModuleBuilder();
    const f = module.declareFunction("f", [], []);
    expect(module.toText(f)).toBe("(func $f)\n");
  });
});

describe("literals", () => {
  it("read back", () => {
    expect([0, -1, 65535, 65536, -65536].map(integerText)).toEqual([
      "0",
      "-1",
      "65535",
      "0x10000",
      "-0x10000",
    ]);
    const floats = [0, -0, 1.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY, -Infinity];
    expect(floats.map(floatText)).toEqual(["0", "-0", "1.5", "1e+300", "nan", "inf", "-inf"]);
  });

  it("identifiers are legal and differ", () => {
    const identifiers = new Identifiers();
    const names = ["a b", "a(b", undefined, "x", "0x10@loop"];
    expect(names.map((name) => identifiers.add(name, "x"))).toEqual([
      "$a_b",
      "$a_b.1",
      "$x",
      "$x.1",
      "$0x10@loop",
    ]);
  });
});
