/**
 * Which operands stay off the slow path. That values and flags are right is tested against the
 * definition, in the testkit's conformance suite.
 */
import { float } from "@isovm/isa-spec";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ModuleBuilder } from "../emit/index.ts";
import { FloatLibrary, floatImports } from "./index.ts";

const policy = float.canonicalFloatPolicy;
const { inexact } = float.flag;
const [rne, rtz, rdn, rup, rmm] = [0, 1, 2, 3, 4];

const operators = [
  "add",
  "subtract",
  "multiply",
  "divide",
  "squareRoot",
  "fusedMultiplyAdd",
  "minimumNumber",
  "compareLess",
  "classify",
] as const;

let slowCalls = 0;
const module = new ModuleBuilder({ validate: true });
const library = new FloatLibrary(module, policy);
for (const width of [32, 64]) {
  for (const operator of operators) {
    module.exportFunction(`${operator}_${width}`, library.function(operator, width));
  }
  for (const integer of [32, 64]) {
    for (const operator of ["toSigned", "toUnsigned", "fromSigned", "fromUnsigned"] as const) {
      const index = library.function(operator, width, integer);
      module.exportFunction(`${operator}_${width}_${integer}`, index);
    }
  }
  const convert = library.function("convertFormat", width, 96 - width);
  module.exportFunction(`convertFormat_${width}`, convert);
}
const slow: typeof imports.float.slow = (...parameters) => {
  slowCalls++;
  return imports.float.slow(...parameters);
};
const imports = floatImports(policy);
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), {
  float: { slow },
});

function bitsOf(width: number, x: number): number | bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (width === 32) view.setFloat32(0, x);
  else view.setFloat64(0, x);
  return width === 32 ? view.getInt32(0) : view.getBigInt64(0);
}

function call(name: string, operands: readonly (number | bigint)[], mode = 0, accrued = 0) {
  const f = exports[name] as (...values: (number | bigint)[]) => [number | bigint, number];
  const [value, flags] = f(...operands, mode, accrued);
  return { value, flags };
}

const integers = fc.integer({ min: -1000, max: 1000 });
/** Ordinary numbers of nothing extreme, with full significands. */
const ordinary = fc
  .tuple(
    fc.double({ min: 1, max: 2, noNaN: true }),
    fc.integer({ min: -20, max: 20 }),
    fc.boolean(),
  )
  .map(([significand, exponent, negative]) => (negative ? -1 : 1) * significand * 2 ** exponent);

/** Whether a sum of the numbers comes to zero, as a whole or after rounding. */
function cancels([x = 0, y = 0, z = 0]: readonly number[]): boolean {
  return Math.abs(x) === Math.abs(y) || x * y + z === 0;
}

beforeEach(() => {
  slowCalls = 0;
});

describe.each([32, 64])("binary%i stays off the slow path", (width) => {
  const bits = (x: number) => bitsOf(width, x);

  it("for exact operations on small integers, though no flag has been raised yet", () => {
    fc.assert(
      fc.property(integers, integers, integers, (x, y, z) => {
        expect(call(`add_${width}`, [bits(x), bits(y)])).toEqual({ value: bits(x + y), flags: 0 });
        const difference = call(`subtract_${width}`, [bits(x), bits(y)]);
        expect(difference).toEqual({ value: bits(x - y), flags: 0 });
        const product = call(`multiply_${width}`, [bits(x), bits(y)]);
        expect(product).toEqual({ value: bits(x * y), flags: 0 });
        const fused = call(`fusedMultiplyAdd_${width}`, [bits(x), bits(y), bits(z)]);
        const sum = x * y + z;
        expect(fused).toEqual({ value: bits(sum === 0 && z !== 0 ? 0 : sum), flags: 0 });
        if (y !== 0) {
          const quotient = call(`divide_${width}`, [bits(x * y), bits(y)]);
          expect(quotient).toEqual({ value: bits((x * y) / y), flags: 0 });
        }
        const root = call(`squareRoot_${width}`, [bits(x * x)]);
        expect(root).toEqual({ value: bits(Math.abs(x)), flags: 0 });
      }),
    );
    expect(slowCalls).toBe(0);
  });

  it("for ordinary numbers, in all modes but ties away, whatever is accrued", () => {
    fc.assert(
      fc.property(
        fc.tuple(ordinary, ordinary, ordinary),
        fc.constantFrom(rne, rtz, rdn, rup),
        fc.constantFrom(0, inexact),
        (ordinaries, mode, accrued) => {
          const numbers = width === 32 ? ordinaries.map(Math.fround) : ordinaries;
          // Downwards, what cancels is -0: the slow path's affair.
          fc.pre(mode !== rdn || !cancels(numbers));
          const operands = numbers.map(bits);
          for (const operator of operators) {
            const { arity } = float.floatOperatorRows[operator];
            call(`${operator}_${width}`, operands.slice(0, arity), mode, accrued);
          }
          call(`convertFormat_${width}`, operands.slice(0, 1), mode, accrued);
          // Quotients and roots are never halfway between two numbers.
          call(`divide_${width}`, operands.slice(0, 2), rmm, accrued);
          call(`squareRoot_${width}`, operands.slice(0, 1), rmm, accrued);
        },
      ),
    );
    expect(slowCalls).toBe(0);
  });

  it("for every conversion to an integer, and from one in all modes but ties away", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat(4), (n, mode) => {
        for (const integer of [32, 64]) {
          const operand = width === 32 ? Number(BigInt.asIntN(32, n)) : n;
          call(`toSigned_${width}_${integer}`, [operand], mode);
          call(`toUnsigned_${width}_${integer}`, [operand], mode);
          const source = integer === 32 ? Number(BigInt.asIntN(32, n)) : n;
          if (mode === rmm) continue;
          call(`fromSigned_${width}_${integer}`, [source], mode);
          call(`fromUnsigned_${width}_${integer}`, [source], mode);
        }
      }),
    );
    expect(slowCalls).toBe(0);
  });

  it("for infinities, NaNs and zeros as operands", () => {
    const inf = bits(Number.POSITIVE_INFINITY);
    const nan = bits(Number.NaN);
    const one = bits(1);
    for (const operator of ["add", "subtract", "multiply", "divide"]) {
      expect(call(`${operator}_${width}`, [inf, one])).toEqual({ value: inf, flags: 0 });
      expect(call(`${operator}_${width}`, [one, nan])).toEqual({ value: nan, flags: 0 });
    }
    expect(call(`divide_${width}`, [one, inf])).toEqual({ value: bits(0), flags: 0 });
    expect(call(`multiply_${width}`, [one, bits(0)])).toEqual({ value: bits(0), flags: 0 });
    expect(call(`multiply_${width}`, [bits(0), one])).toEqual({ value: bits(0), flags: 0 });
    expect(call(`divide_${width}`, [bits(0), one])).toEqual({ value: bits(0), flags: 0 });
    expect(call(`subtract_${width}`, [inf, inf])).toEqual({ value: nan, flags: 16 });
    expect(call(`squareRoot_${width}`, [bits(-1)])).toEqual({ value: nan, flags: 16 });
    expect(call(`fusedMultiplyAdd_${width}`, [inf, one, one])).toEqual({ value: inf, flags: 0 });
    expect(slowCalls).toBe(0);
  });

  it("for subnormal results, once underflow is accrued", () => {
    const tiny = bits(width === 32 ? 2 ** -140 : 2 ** -1060);
    const third = bits(1 / 3);
    const { flags } = call(`multiply_${width}`, [tiny, third]);
    expect(flags).toBe(3);
    expect(slowCalls).toBe(1);
    call(`multiply_${width}`, [tiny, third], rne, flags);
    expect(slowCalls).toBe(1);
  });
});

describe("the slow path", () => {
  it("is taken where the host's result isn't the answer", () => {
    const huge = bitsOf(64, Number.MAX_VALUE);
    expect(call("add_64", [huge, huge])).toEqual({
      value: bitsOf(64, Number.POSITIVE_INFINITY),
      flags: 5,
    });
    expect(slowCalls).toBe(1);
  });
});

describe("a library", () => {
  it("emits an operation of the semantics IR in place", () => {
    const builder = new ModuleBuilder({ validate: true });
    const inPlace = new FloatLibrary(builder, policy);
    const index = builder.declareFunction("f", ["i32"], ["i64", "i32"]);
    const constant = (width: number, value: bigint) =>
      ({ kind: "constant", width, value }) as const;
    builder.defineFunction(index, (code) => {
      for (const parameter of code.params) code.localGet(parameter);
      code.i32Const(0);
      code.i32Const(0);
      inPlace.emitOperation(code, {
        operator: "fromUnsigned",
        format: 64,
        resultWidth: 64,
        operands: [constant(32, 0n)],
        roundingMode: constant(3, 0n),
        accrued: constant(5, 0n),
        policy,
      });
    });
    builder.exportFunction("f", index);
    const compiled = new WebAssembly.Module(builder.toBytes());
    const instance = new WebAssembly.Instance(compiled, { ...floatImports(policy) });
    const f = instance.exports.f as (n: number) => [bigint, number];
    expect(f(-1)).toEqual([bitsOf(64, 2 ** 32 - 1), 0]);
  });

  it("creates a function once, and refuses patterns that fit no i64", () => {
    const fresh = new FloatLibrary(new ModuleBuilder(), policy);
    expect(fresh.function("add", 64)).toBe(fresh.function("add", 64));
    expect(fresh.function("add", 64)).not.toBe(fresh.function("add", 32));
    expect(() => fresh.function("add", 128)).toThrow(/128 bits/);
    expect(fresh.signature("fromSigned", 64, 32)).toEqual({
      params: ["i32", "i32", "i32"],
      results: ["i64", "i32"],
    });
  });
});
