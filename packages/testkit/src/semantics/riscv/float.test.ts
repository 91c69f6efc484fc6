/**
 * Floating point: NaN-boxing, NaNs, rounding, flags, conversions, modes.
 *
 * @see RISC-V Unprivileged 20240411, 20 (F) and 21 (D)
 */
import { interpreter, reference } from "@isovm/interpreter";
import { rv32, rv64 } from "@isovm/riscv";
import { describe, it } from "vitest";
import { riscvProfile } from "../../profiles/riscv.ts";
import { type SemanticsTester, semanticsTester } from "../semantics.ts";

const engines = [reference, interpreter];

/** The bits of a number in double precision. */
function double(value: number): bigint {
  return new DataView(new Float64Array([value]).buffer).getBigUint64(0, true);
}

/** A pattern of single precision in a register of 64 bits. */
function boxed(bits: number): bigint {
  return 0xffff_ffff_0000_0000n | BigInt(bits >>> 0);
}

/** The bits of a number in single precision, boxed. */
function single(value: number): bigint {
  return boxed(new DataView(new Float32Array([value]).buffer).getUint32(0, true));
}

const nan = boxed(0x7fc0_0000);
const doubleNan = 0x7ff8_0000_0000_0000n;
const signalling = boxed(0x7f80_0001);
const doubleSignalling = 0x7ff0_0000_0000_0001n;
const infinity = Number.POSITIVE_INFINITY;
const flag = { inexact: 1, underflow: 2, overflow: 4, divideByZero: 8, invalid: 16 };
const mode = { nearest: 0, towardZero: 1, down: 2, up: 3, nearestAway: 4 };
const largest = 3.4028234663852886e38;

const rv64Test = semanticsTester({ describe, it }, riscvProfile(rv64()), engines);
const rv32Test = semanticsTester({ describe, it }, riscvProfile(rv32()), engines);
const both: readonly (readonly [string, SemanticsTester])[] = [
  ["RV64", rv64Test],
  ["RV32", rv32Test],
];

describe.each(both)("%s", (_, test) => {
  describe("NaN-boxing", () => {
    test("a single that isn't boxed is the canonical NaN", {
      asm: "fadd.s fa0, fa1, fa2",
      before: { fa1: 0x3f80_0000n, fa2: single(1) },
      after: { fa0: nan },
    });
    test("one wrong bit above it is enough", {
      asm: "fsgnj.s fa0, fa1, fa1",
      before: { fa1: single(1) ^ (1n << 63n) },
      after: { fa0: nan },
    });
    test("classification sees the canonical NaN too", {
      asm: "fclass.s a0, fa1",
      before: { fa1: double(1) },
      after: { a0: 1 << 9 },
    });
    test("results and loads are boxed", {
      asm: "la a0, sandbox\nflw fa0, 0(a0)\nfmv.w.x fa1, a1",
      before: { a1: 0x1234 },
      memory: [0x3f80_0000n],
      after: { a0: 0x40_0000, fa0: single(1), fa1: boxed(0x1234) },
    });
    test("stores and moves to integers take the bits as they are", {
      asm: "la a0, sandbox\nfsw fa0, 0(a0)\nfmv.x.w a1, fa0",
      before: { fa0: 0x1234_5678_8765_4321n },
      memory: [0n],
      memoryAfter: [0x8765_4321n],
      after: { a0: 0x40_0000, a1: 0x8765_4321n - (1n << 32n) },
    });
    test("a conversion between formats reads a box and makes one", {
      asm: "fcvt.d.s fa0, fa1\nfcvt.s.d fa2, fa3\nfcvt.d.s fa4, fa5",
      before: { fa1: single(1.5), fa3: double(-2.5), fa5: double(1) },
      after: { fa0: double(1.5), fa2: single(-2.5), fa4: doubleNan },
    });
  });

  describe("NaNs", () => {
    test("every NaN that is computed is canonical", {
      asm: "fadd.s fa0, fa1, fa2\nfmul.d fa3, fa4, fa5",
      before: {
        fa1: boxed(0xffc1_2345),
        fa2: single(1),
        fa4: 0xfff8_1234_5678_9abcn,
        fa5: double(1),
      },
      after: { fa0: nan, fa3: doubleNan },
    });
    test("a signalling one is invalid", {
      asm: "fadd.d fa0, fa1, fa2",
      before: { fa1: doubleSignalling, fa2: double(1) },
      after: { fa0: doubleNan, fflags: flag.invalid },
    });
    test("infinity minus infinity is invalid", {
      asm: "fsub.d fa0, fa1, fa1",
      before: { fa1: double(infinity) },
      after: { fa0: doubleNan, fflags: flag.invalid },
    });
    test("infinity times zero is invalid even if a quiet NaN is added", {
      asm: "fmadd.s fa0, fa1, fa2, fa3",
      before: { fa1: single(infinity), fa2: single(0), fa3: nan },
      after: { fa0: nan, fflags: flag.invalid },
    });
    test("minimum and maximum prefer numbers", {
      asm: "fmin.s fa0, fa1, fa2\nfmax.s fa3, fa2, fa1",
      before: { fa1: nan, fa2: single(1) },
      after: { fa0: single(1), fa3: single(1) },
    });
    test("and are invalid with a signalling NaN, whose partner they still give", {
      asm: "fmin.s fa0, fa1, fa2",
      before: { fa1: signalling, fa2: single(1) },
      after: { fa0: single(1), fflags: flag.invalid },
    });
    test("of two NaNs the minimum is the canonical one", {
      asm: "fmax.d fa0, fa1, fa2",
      before: { fa1: 0xfff8_0000_0000_0001n, fa2: 0x7ff8_0000_0000_0001n },
      after: { fa0: doubleNan },
    });
    test("minus zero is less than zero for minimum and maximum", {
      asm: "fmin.d fa0, fa1, fa2\nfmax.d fa3, fa2, fa1",
      before: { fa1: double(0), fa2: double(-0) },
      after: { fa0: double(-0), fa3: double(0) },
    });
    test("feq is quiet, flt and fle signal", {
      asm: "feq.s a0, fa0, fa0\nfrflags a1\nflt.s a2, fa0, fa0\nfrflags a3\nfsflags zero\nfle.s a4, fa0, fa0",
      before: { fa0: nan },
      after: { a0: 0, a1: 0, a2: 0, a3: flag.invalid, a4: 0, fflags: flag.invalid },
    });
    test("sign injection works on NaNs and raises nothing", {
      asm: "fsgnjn.s fa0, fa1, fa1\nfsgnjx.d fa2, fa3, fa3",
      before: { fa1: signalling, fa3: -1n },
      after: { fa0: boxed(0xff80_0001), fa2: 0x7fff_ffff_ffff_ffffn },
    });
  });

  describe("rounding", () => {
    const tie = { fa1: single(2 ** 24), fa2: single(1) };
    const sum = (name: keyof typeof mode, result: number): void =>
      test(`2^24 + 1 rounds ${name}`, {
        asm: "fadd.s fa0, fa1, fa2",
        before: { ...tie, frm: mode[name] },
        after: { fa0: single(result), fflags: flag.inexact },
      });
    sum("nearest", 2 ** 24);
    sum("towardZero", 2 ** 24);
    sum("down", 2 ** 24);
    sum("up", 2 ** 24 + 2);
    sum("nearestAway", 2 ** 24 + 2);
    test("a mode in the instruction wins", {
      asm: "fadd.s fa0, fa1, fa2, rup",
      before: { ...tie, frm: mode.down },
      after: { fa0: single(2 ** 24 + 2), fflags: flag.inexact },
    });
    test("a difference of equals is minus zero when rounding down", {
      asm: "fsub.d fa0, fa1, fa1, rdn\nfsub.d fa2, fa1, fa1, rne",
      before: { fa1: double(3) },
      after: { fa0: double(-0), fa2: double(0) },
    });
    const overflow = (name: keyof typeof mode, result: number, negative: number): void =>
      test(`overflow rounds ${name}`, {
        asm: "fadd.s fa0, fa1, fa1\nfadd.s fa2, fa3, fa3",
        before: { fa1: single(largest), fa3: single(-largest), frm: mode[name] },
        after: {
          fa0: single(result),
          fa2: single(negative),
          fflags: flag.overflow | flag.inexact,
        },
      });
    overflow("nearest", infinity, -infinity);
    overflow("towardZero", largest, -largest);
    overflow("down", largest, -infinity);
    overflow("up", infinity, -largest);
    overflow("nearestAway", infinity, -infinity);
    test(
      "what is tiny with 24 bits underflows, though it is rounded up to the smallest normal number",
      {
        asm: "fmul.s fa0, fa1, fa2",
        // (1 - 2^-24) * 2^-126, which has 24 bits.
        before: { fa1: boxed(0x3f7f_ffff), fa2: boxed(0x0080_0000), frm: mode.up },
        after: { fa0: boxed(0x0080_0000), fflags: flag.underflow | flag.inexact },
      },
    );
    test("what rounds to it in 24 bits with any exponent doesn't", {
      asm: "fmadd.s fa0, fa1, fa2, fa3",
      // 2^-126 - 2^-152
      before: { fa1: boxed(0x3380_0000), fa2: boxed(0x8000_0001), fa3: boxed(0x0080_0000) },
      after: { fa0: boxed(0x0080_0000), fflags: flag.inexact },
    });
    test("an exact subnormal result raises nothing", {
      asm: "fmul.d fa0, fa1, fa2",
      before: { fa1: 0x0010_0000_0000_0000n, fa2: double(0.5) },
      after: { fa0: 0x0008_0000_0000_0000n },
    });
  });

  describe("fused multiply-add", () => {
    test("rounds once", {
      asm: "fmadd.s fa0, fa1, fa1, fa2",
      // (1 + 2^-12)^2 - (1 + 2^-11) = 2^-24, which two roundings lose.
      before: { fa1: single(1 + 2 ** -12), fa2: single(-(1 + 2 ** -11)) },
      after: { fa0: single(2 ** -24) },
    });
    test("the four signs", {
      asm: `fmadd.d fa0, fa4, fa5, fa6\nfmsub.d fa1, fa4, fa5, fa6
            fnmsub.d fa2, fa4, fa5, fa6\nfnmadd.d fa3, fa4, fa5, fa6`,
      before: { fa4: double(2), fa5: double(3), fa6: double(1) },
      after: { fa0: double(7), fa1: double(5), fa2: double(-5), fa3: double(-7) },
    });
    test("fnmadd negates the zero's sign before rounding", {
      asm: "fnmadd.d fa0, fa1, fa2, fa3",
      // -(1 * 0) - 0 = -0
      before: { fa1: double(1), fa2: double(0), fa3: double(0) },
      after: { fa0: double(-0) },
    });
  });

  describe("division and square root", () => {
    test("by zero", {
      asm: "fdiv.d fa0, fa1, fa2",
      before: { fa1: double(-1), fa2: double(0) },
      after: { fa0: double(-infinity), fflags: flag.divideByZero },
    });
    test("zero by zero is invalid only", {
      asm: "fdiv.s fa0, fa1, fa1",
      before: { fa1: single(0) },
      after: { fa0: nan, fflags: flag.invalid },
    });
    test("of negative numbers, and of minus zero", {
      asm: "fsqrt.d fa0, fa1\nfsqrt.d fa2, fa3",
      before: { fa1: double(-1), fa3: double(-0) },
      after: { fa0: doubleNan, fa2: double(-0), fflags: flag.invalid },
    });
  });

  describe("conversions to integers", () => {
    const toWord = (value: number, result: number, flags: number, name = "fcvt.w.d"): void =>
      test(`${name} of ${value}`, {
        asm: `${name} a0, fa0, rtz`,
        before: { fa0: double(value) },
        after: { a0: result, fflags: flags },
      });
    toWord(2 ** 31 - 1, 2 ** 31 - 1, 0);
    toWord(2 ** 31 - 0.5, 2 ** 31 - 1, flag.inexact);
    toWord(2 ** 31, 2 ** 31 - 1, flag.invalid);
    toWord(-(2 ** 31), -(2 ** 31), 0);
    toWord(-(2 ** 31) - 0.5, -(2 ** 31), flag.inexact);
    toWord(-(2 ** 31) - 1, -(2 ** 31), flag.invalid);
    toWord(infinity, 2 ** 31 - 1, flag.invalid);
    toWord(Number.NaN, 2 ** 31 - 1, flag.invalid);
    toWord(-0.5, 0, flag.inexact, "fcvt.wu.d");
    toWord(-1, 0, flag.invalid, "fcvt.wu.d");
    toWord(2 ** 32 - 1, -1, 0, "fcvt.wu.d");
    toWord(2 ** 32, -1, flag.invalid, "fcvt.wu.d");
    toWord(Number.NaN, -1, flag.invalid, "fcvt.wu.d");
    test("a value that rounds out of range is invalid, not inexact", {
      asm: "fcvt.w.d a0, fa0, rup\nfcvt.wu.d a1, fa1, rdn",
      before: { fa0: double(2 ** 31 - 0.5), fa1: double(-0.5) },
      after: { a0: 2 ** 31 - 1, a1: 0, fflags: flag.invalid },
    });
    test("ties in each mode", {
      asm: `fcvt.w.s a0, fa0, rne\nfcvt.w.s a1, fa0, rtz\nfcvt.w.s a2, fa0, rdn
            fcvt.w.s a3, fa0, rup\nfcvt.w.s a4, fa0, rmm`,
      before: { fa0: single(-2.5) },
      after: { a0: -2, a1: -2, a2: -3, a3: -2, a4: -3, fflags: flag.inexact },
    });
    test("unsigned words come from the low half of the register", {
      asm: "fcvt.d.wu fa0, a0\nfcvt.d.w fa1, a0",
      before: { a0: -1 },
      after: { fa0: double(2 ** 32 - 1), fa1: double(-1) },
    });
  });

  describe("modes and flags", () => {
    for (const reserved of [5, 6, 7]) {
      test(`the dynamic mode ${reserved} is reserved`, {
        asm: "stop: fadd.s fa0, fa1, fa2",
        before: { frm: reserved, fa0: 1n },
        exit: "illegal 0xc5f553 (4 bytes)",
        at: "stop",
      });
    }
    test("but only for instructions that round", {
      asm: "fmin.s fa0, fa1, fa2\nfsgnj.s fa3, fa1, fa1\nfeq.s a0, fa1, fa1\nfadd.s fa4, fa1, fa1, rne",
      before: { frm: 7, fa1: single(1), fa2: single(2) },
      after: { fa0: single(1), fa3: single(1), a0: 1, fa4: single(2) },
    });
    for (const reserved of [5, 6]) {
      const word = 0x0c5_8553 | (reserved << 12);
      test(`the mode ${reserved} in an instruction is reserved`, {
        asm: `stop: .4byte ${word}`,
        exit: `illegal 0x${word.toString(16)} (4 bytes)`,
        at: "stop",
      });
    }
    test("flags accrue until they are cleared", {
      asm: "fdiv.s fa0, fa1, fa2\nfsqrt.s fa3, fa4\nfrflags a0\nfsflags a1, zero",
      before: { fa1: single(1), fa2: single(0), fa4: single(2), fflags: flag.overflow },
      after: {
        fa0: single(infinity),
        fa3: single(Math.SQRT2),
        a0: flag.overflow | flag.divideByZero | flag.inexact,
        a1: flag.overflow | flag.divideByZero | flag.inexact,
        fflags: 0,
      },
    });
  });
});

describe("RV64", () => {
  rv64Test("fcvt.l.d at its limits", {
    asm: "fcvt.l.d a0, fa0, rtz\nfrflags a1\nfcvt.l.d a2, fa1, rtz\nfrflags a3\nfcvt.lu.d a4, fa2, rtz",
    before: { fa0: double(-(2 ** 63)), fa1: double(2 ** 63), fa2: double(-1) },
    after: {
      a0: -(1n << 63n),
      a1: 0,
      a2: (1n << 63n) - 1n,
      a3: flag.invalid,
      a4: 0,
      fflags: flag.invalid,
    },
  });
  rv64Test("an unsigned word is sign-extended", {
    asm: "fcvt.wu.s a0, fa0",
    before: { fa0: single(2 ** 31) },
    after: { a0: -(1n << 31n) },
  });
});
