import { describe, expect, it } from "vitest";
import { EmitError } from "./errors.ts";
import type { FunctionBuilder } from "./function-builder.ts";
import { ModuleBuilder } from "./module-builder.ts";
import type {
  FunctionIndex,
  GlobalIndex,
  Label,
  Local,
  TableIndex,
  TypeIndex,
  ValueType,
} from "./types.ts";

type Exports = Record<string, (...values: (number | bigint)[]) => number | bigint>;

function instantiate(module: ModuleBuilder, imports: WebAssembly.Imports = {}): Exports {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), imports);
  return instance.exports as Exports;
}

/** A module with one exported function, `run`. */
function moduleOf(
  params: readonly ValueType[],
  results: readonly ValueType[],
  body: (code: FunctionBuilder, ...params: Local[]) => void,
): ModuleBuilder {
  const module = new ModuleBuilder({ validate: true });
  const index = module.declareFunction("run", params, results);
  module.defineFunction(index, (code) => body(code, ...code.params));
  module.exportFunction("run", index);
  return module;
}

describe("programs", () => {
  it("sums in a loop", () => {
    const module = moduleOf(["i64"], ["i64"], (code, n) => {
      const sum = code.local("i64", "sum");
      code.block((done) => {
        code.loop((next) => {
          code.localGet(n as Local);
          code.i64Eqz();
          code.brIf(done);
          code.localGet(sum);
          code.localGet(n as Local);
          code.i64Add();
          code.localSet(sum);
          code.localGet(n as Local);
          code.i64Const(1);
          code.i64Sub();
          code.localSet(n as Local);
          code.br(next);
        });
      });
      code.localGet(sum);
    });
    expect(instantiate(module).run?.(100n)).toBe(5050n);
  });

  it("dispatches over 400 nested blocks", () => {
    const module = moduleOf(["i32"], ["i32"], (code, selector) => {
      const outer = code.beginBlock("i32");
      const labels: Label[] = [];
      for (let i = 0; i < 400; i++) labels.unshift(code.beginBlock());
      code.localGet(selector as Local);
      code.brTable(labels, labels[0] as Label);
      labels.forEach((label, i) => {
        code.end(label);
        code.i32Const(i * 3);
        code.br(outer);
      });
      code.unreachable();
      code.end(outer);
    });
    const { run } = instantiate(module);
    for (const i of [0, 1, 63, 64, 127, 128, 399]) expect(run?.(i)).toBe(i * 3);
    expect(run?.(400)).toBe(0);
    expect(module.toText()).toMatch(/br_table\s+\$L400 \$L399 /);
  });

  it("chooses with if and else, with and without a result", () => {
    const module = moduleOf(["i32"], ["i32"], (code, x) => {
      const y = code.local("i32");
      code.localGet(x as Local);
      code.if((end) => {
        code.localGet(x as Local);
        code.i32Const(7);
        code.i32Eq();
        code.brIf(end);
        code.i32Const(10);
        code.localSet(y);
      });
      code.localGet(y);
      code.localGet(x as Local);
      code.if(
        "i32",
        () => code.i32Const(1),
        () => code.i32Const(2),
      );
      code.i32Add();
    });
    const { run } = instantiate(module);
    expect([0, 5, 7].map((x) => run?.(x))).toEqual([2, 11, 1]);
  });

  it("passes several values through blocks, loops and ifs", () => {
    const pair = { params: ["i32", "i32"], results: ["i32", "i32"] } as const;
    const module = moduleOf(["i32"], ["i32"], (code, n) => {
      code.i32Const(0);
      code.i32Const(1);
      code.loop(pair, (again) => {
        const [a, b] = [code.local("i32", "a"), code.local("i32", "b")];
        code.localSet(b);
        code.localSet(a);
        code.localGet(b);
        code.localGet(a);
        code.localGet(b);
        code.i32Add();
        code.localGet(n as Local);
        code.i32Const(1);
        code.i32Sub();
        code.localTee(n as Local);
        code.brIf(again);
      });
      code.drop();
    });
    expect([1, 2, 3, 10].map((n) => instantiate(module).run?.(n))).toEqual([1, 1, 2, 55]);
  });

  it("calls, directly and through tables, with and without growing the stack", () => {
    const module = new ModuleBuilder({ validate: true });
    const log = module.importFunction("host", "log", ["i64"], []);
    const table = module.addTable({ initial: 4, maximum: 4 });
    const even = module.declareFunction("even", ["i32"], ["i32"], ["n"]);
    const odd = module.declareFunction("odd", ["i32"], ["i32"]);
    const predicate = module.type(["i32"], ["i32"]);
    const define = (index: FunctionIndex, other: number, whenZero: number): void =>
      module.defineFunction(index, (code) => {
        const [n] = code.params as [Local];
        code.localGet(n);
        code.i32Eqz();
        code.if(() => {
          code.i64Const(-1n);
          code.call(log);
          code.i32Const(whenZero);
          code.return();
        });
        code.localGet(n);
        code.i32Const(1);
        code.i32Sub();
        if (other === 0) {
          code.returnCall(even);
        } else {
          code.i32Const(other);
          code.returnCallIndirect(predicate, table);
        }
      });
    define(even, 3, 1);
    define(odd, 0, 0);
    module.addElements(table, 2, [even, odd]);
    const both = module.declareFunction("both", ["i32"], ["i32"]);
    module.defineFunction(both, (code) => {
      const [n] = code.params as [Local];
      code.localGet(n);
      code.call(even);
      code.i32Const(1);
      code.i32Shl();
      code.localGet(n);
      code.i32Const(3);
      code.callIndirect({ params: ["i32"], results: ["i32"] }, table);
      code.i32Or();
    });
    module.exportFunction("both", both);
    const logged: bigint[] = [];
    const instance = instantiate(module, { host: { log: (value: bigint) => logged.push(value) } });
    expect(instance.both?.(1_000_000)).toBe(2);
    expect(instance.both?.(7)).toBe(1);
    expect(logged).toEqual([-1n, -1n, -1n, -1n]);
  });

  it("imports and exports memories, tables and globals, and initialises them", () => {
    const module = new ModuleBuilder({ validate: true, name: "parts", names: "all" });
    module.importMemory("host", "memory", { initial: 1, maximum: 2, shared: true });
    const base = module.importGlobal("host", "base", "i32", false);
    const first = module.importTable("host", "table", { initial: 10 });
    const second = module.addTable({ initial: 1 });
    const count = module.addGlobal("i64", true, 40n, "count");
    const scale = module.addGlobal("f64", false, 2.5);
    const single = module.addGlobal("f32", false, 0.5);
    const flag = module.addGlobal("i32", true, 0xffff_ffff);
    module.addData({ global: base }, Uint8Array.of(1, 2, 3, 4));
    module.addData(8, Uint8Array.of(5));
    const start = module.declareFunction("start", [], []);
    module.addElements(first, { global: base }, [start]);
    module.addElements(second, 0, [start]);
    module.defineFunction(start, (code) => {
      code.globalGet(count);
      code.i32Const(8);
      code.i64Load8U();
      code.i64Add();
      code.globalSet(count);
    });
    module.start(start);
    module.exportGlobal("count", count);
    module.exportGlobal("scale", scale);
    module.exportGlobal("single", single);
    module.exportGlobal("flag", flag);
    module.exportTable("second", second);
    module.exportMemory("memory");
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const table = new WebAssembly.Table({ initial: 10, element: "anyfunc" });
    const compiled = new WebAssembly.Module(module.toBytes());
    const { exports } = new WebAssembly.Instance(compiled, {
      host: { memory, table, base: new WebAssembly.Global({ value: "i32" }, 3) },
    });
    const value = (name: string): unknown => (exports[name] as WebAssembly.Global).value;
    expect(["count", "scale", "single", "flag"].map(value)).toEqual([45n, 2.5, 0.5, -1]);
    expect([...new Uint8Array(memory.buffer, 3, 6)]).toEqual([1, 2, 3, 4, 0, 5]);
    expect(table.get(3)).toBe((exports.second as WebAssembly.Table).get(0));
    expect(exports.memory).toBe(memory);
    const [names] = WebAssembly.Module.customSections(compiled, "name");
    expect(Buffer.from(names as ArrayBuffer).toString("latin1")).toContain("start");
  });

  it("defines one function while another one is being defined", () => {
    const module = new ModuleBuilder({ validate: true });
    const outer = module.declareFunction("outer", [], ["i32"]);
    module.defineFunction(outer, (code) => {
      const inner = module.declareFunction("inner", [], ["i32"]);
      code.i32Const(1);
      module.defineFunction(inner, (innerCode) => innerCode.i32Const(2));
      code.call(inner);
      code.i32Add();
    });
    module.exportFunction("outer", outer);
    expect(instantiate(module).outer?.()).toBe(3);
  });

  it("shows function names in stack traces", () => {
    const module = moduleOf([], [], (code) => code.unreachable());
    expect(() => instantiate(module).run?.()).toThrow(
      expect.objectContaining({ stack: expect.stringContaining("run (wasm:") }),
    );
  });

  it("has a growable memory that can be filled and copied", () => {
    const module = new ModuleBuilder({ validate: true });
    module.addMemory({ initial: 1 });
    const run = module.declareFunction("run", [], ["i64"]);
    module.defineFunction(run, (code) => {
      for (const n of [8, 0xab, 8]) code.i32Const(n);
      code.memoryFill();
      for (const n of [2, 12, 8]) code.i32Const(n);
      code.memoryCopy();
      code.i32Const(1);
      code.memoryGrow();
      code.memorySize();
      code.i32Add();
      code.i64ExtendI32U();
      code.i32Const(0);
      code.i64Load(2, 1);
      code.i64Add();
    });
    module.exportFunction("run", run);
    expect(instantiate(module).run?.()).toBe(BigInt.asIntN(64, 0x0000_0000_abab_ababn + 3n));
  });
});

describe("misuse", () => {
  const throws = (body: (code: FunctionBuilder) => void, message: RegExp): void => {
    for (const validate of [false, true]) {
      const module = new ModuleBuilder({ validate });
      module.addMemory({ initial: 1 });
      const index = module.declareFunction("step", [], []);
      const define = (): void => module.defineFunction(index, body);
      expect(define).toThrow(EmitError);
      expect(define).toThrow(message);
      expect(define).toThrow(/function "step"|alignment|offset|64/);
    }
  };

  it("of labels is named", () => {
    let stray: Label | undefined;
    throws((code) => {
      const label = code.beginBlock();
      code.end(label);
      code.br(label);
    }, /br: the label of a block is not open here/);
    throws((code) => {
      code.block((label) => {
        stray = label;
      });
      code.block(() => code.br(stray as Label));
    }, /not open here/);
    throws((code) => {
      const outer = code.beginBlock();
      code.beginLoop();
      code.end(outer);
    }, /end: the block at height 1 is not the innermost .* loop at height 2/);
    throws((code) => {
      code.beginBlock();
      code.beginLoop();
    }, /end: missing for block, loop/);
    throws((code) => code.end(code.body), /body's own label/);
    throws((code) => code.else(code.beginBlock()), /else: .* is a block, not an if/);
    throws((code) => {
      code.i32Const(1);
      const label = code.beginIf();
      code.else(label);
      code.else(label);
    }, /else: .* is an else, not an if/);
  });

  it("of indices is named", () => {
    throws((code) => code.call(9 as FunctionIndex), /call: there is no function 9/);
    throws((code) => code.returnCall(9 as FunctionIndex), /no function 9/);
    throws((code) => code.callIndirect(0 as TypeIndex), /call_indirect: there is no table 0/);
    throws((code) => code.beginBlock(7 as TypeIndex), /block: there is no type 7/);
    throws((code) => code.globalGet(1 as GlobalIndex), /no global 1/);
  });

  it("of immediates is named", () => {
    throws((code) => code.i32Const(2 ** 32), /i32.const: 4294967296 does not fit 32 bits/);
    throws((code) => code.i64Const(2n ** 64n), /does not fit 64 bits/);
    throws((code) => code.i32Load(-1), /offset -1/);
    throws((code) => code.i32Load16U(0, 4), /i32.load16_u: alignment 4 is no power of two up to 2/);
    throws((code) => code.i32Load(0, 3), /alignment 3/);
  });

  it("of the module is named", () => {
    const module = new ModuleBuilder();
    const later = module.declareFunction("later", [], []);
    const constant = module.addGlobal("i32", false, 1);
    expect(() => module.toBytes()).toThrow(/"later" is declared, but not defined/);
    expect(() => module.importFunction("m", "f", [], [])).toThrow(/"f" comes after/);
    expect(() => module.importGlobal("m", "g", "i32", false)).toThrow(/"g" comes after/);
    expect(() => module.addData(0, new Uint8Array(1))).toThrow(/no memory/);
    expect(() => module.addElements(0 as TableIndex, 0, [later])).toThrow(/no table 0/);
    expect(() => module.exportFunction("x", 5 as FunctionIndex)).toThrow(/no function 5/);
    expect(() => module.exportMemory("x")).toThrow(/no memory/);
    expect(() => module.exportTable("x", 0 as TableIndex)).toThrow(/no table 0/);
    expect(() => module.exportGlobal("x", 9 as GlobalIndex)).toThrow(/no global 9/);
    expect(() => module.addGlobal("i32", false, 1n)).toThrow(/initialised by a number/);
    expect(() => module.importMemory("m", "m", { initial: 1, shared: true })).toThrow(/maximum/);
    module.addMemory({ initial: 1 });
    expect(() => module.addMemory({ initial: 1 })).toThrow(/one memory/);
    expect(() => module.addData({ global: constant }, new Uint8Array(1))).toThrow(/global 0/);
    module.exportFunction("x", later);
    expect(() => module.exportMemory("x")).toThrow(/two exports are named "x"/);
    module.defineFunction(later, (code) => {
      expect(() => code.globalSet(constant)).toThrow(/global 0 is immutable/);
    });
    expect(() => module.defineFunction(later, () => undefined)).toThrow(/defined twice/);
  });

  it("leaves the builder usable", () => {
    const module = new ModuleBuilder();
    const index = module.declareFunction("retry", [], ["i32"]);
    expect(() => module.defineFunction(index, (code) => code.i32Const(0.5))).toThrow(EmitError);
    module.defineFunction(index, (code) => code.i32Const(5));
    module.exportFunction("retry", index);
    expect(instantiate(module).retry?.()).toBe(5);
  });
});
