/**
 * The instructions that every floating-point format has: F defines them for single precision, D
 * for double precision "analogously".
 *
 * @see RISC-V Unprivileged 20240411, 20.5 to 20.9 (F) and 21.3 to 21.7 (D)
 */
import {
  type Bits,
  concat,
  type Instruction,
  type Rounded,
  type SourceRegister,
  signed,
} from "@isovm/isa-spec";
import { arithmetic, floatUnit, roundingMode } from "./float-unit.ts";
import type { Hart, Xlen } from "./hart.ts";
import { readBoxed } from "./nan-boxing.ts";

/** A floating-point format as instructions encode it. */
export interface FloatFormat<W extends 32 | 64> {
  readonly width: W;
  /** The `fmt` field of computations. */
  readonly fmt: string;
  /** The `width` field of loads and stores. */
  readonly funct3: string;
  readonly suffix: "s" | "d";
  /** The mnemonic's letter of loads and stores. */
  readonly letter: "w" | "d";
  readonly manual: string;
}

/** The instructions of a format, conversions to other formats aside. */
export function floatFormat<X extends Xlen, W extends 32 | 64>(
  hart: Hart<X>,
  format: FloatFormat<W>,
): readonly Instruction[] {
  return [
    ...loadAndStore(hart, format),
    ...computation(hart, format),
    ...fused(hart, format),
    ...signInjection(hart, format),
    ...comparison(hart, format),
    ...integerConversion(hart, format),
  ];
}

function loadAndStore<X extends Xlen, W extends 32 | 64>(
  hart: Hart<X>,
  { width, funct3, letter, manual }: FloatFormat<W>,
): readonly Instruction[] {
  const { x, f, xlen, memory } = hart;
  const { row, write } = floatUnit(hart);
  return [
    row(`fl${letter}`, `imm:12 rs1:5 ${funct3} rd:5 0000111`, {
      operands: { rd: f.destination(), rs1: x.source(), imm: signed(12, xlen) },
      syntax: "rd, imm(rs1)",
      semantics: ({ rd, rs1, imm }) => write(rd, memory.load(width, rs1.read().add(imm))),
      manual,
    }),
    row(`fs${letter}`, `imm[11:5] rs2:5 rs1:5 ${funct3} imm[4:0] 0100111`, {
      operands: { rs2: f.source(), rs1: x.source(), imm: signed(12, xlen) },
      syntax: "rs2, imm(rs1)",
      // The bits as they are: a value that isn't boxed is stored unchanged.
      semantics: ({ rs2, rs1, imm }) =>
        memory.store<32 | 64>(width, rs1.read().add(imm), rs2.read().truncate(width)),
      manual,
    }),
  ];
}

function computation<X extends Xlen, W extends 32 | 64>(
  hart: Hart<X>,
  { width, fmt, suffix, manual }: FloatFormat<W>,
): readonly Instruction[] {
  const { f } = hart;
  const { row, environment, accrued, raise, write } = floatUnit(hart);
  const read = (register: SourceRegister<number>): Bits<W> => readBoxed(width, register);

  const arithmeticRow = (
    mnemonic: string,
    funct5: string,
    operator: "add" | "subtract" | "multiply" | "divide",
  ): Instruction =>
    row(`${mnemonic}.${suffix}`, `${funct5} ${fmt} rs2:5 rs1:5 rm:3 rd:5 1010011`, {
      operands: { rd: f.destination(), rs1: f.source(), rs2: f.source(), rm: roundingMode() },
      syntax: "rd, rs1, rs2[, rm]",
      semantics: ({ rd, rs1, rs2, rm }) => {
        const result = arithmetic[operator](read(rs1), read(rs2), environment(rm));
        write(rd, result.value);
        raise(result.flags);
      },
      manual,
    });

  const selection = (
    mnemonic: string,
    funct3: string,
    operator: "minimumNumber" | "maximumNumber",
  ): Instruction =>
    row(`${mnemonic}.${suffix}`, `00101 ${fmt} rs2:5 rs1:5 ${funct3} rd:5 1010011`, {
      operands: { rd: f.destination(), rs1: f.source(), rs2: f.source() },
      syntax: "rd, rs1, rs2",
      semantics: ({ rd, rs1, rs2 }) => {
        const result = arithmetic[operator](read(rs1), read(rs2), accrued());
        write(rd, result.value);
        raise(result.flags);
      },
      manual,
    });

  return [
    arithmeticRow("fadd", "00000", "add"),
    arithmeticRow("fsub", "00001", "subtract"),
    arithmeticRow("fmul", "00010", "multiply"),
    arithmeticRow("fdiv", "00011", "divide"),
    row(`fsqrt.${suffix}`, `01011 ${fmt} 00000 rs1:5 rm:3 rd:5 1010011`, {
      operands: { rd: f.destination(), rs1: f.source(), rm: roundingMode() },
      syntax: "rd, rs1[, rm]",
      semantics: ({ rd, rs1, rm }) => {
        const result = arithmetic.squareRoot(read(rs1), environment(rm));
        write(rd, result.value);
        raise(result.flags);
      },
      manual,
    }),
    selection("fmin", "000", "minimumNumber"),
    selection("fmax", "001", "maximumNumber"),
  ];
}

function fused<X extends Xlen, W extends 32 | 64>(
  hart: Hart<X>,
  { width, fmt, suffix, manual }: FloatFormat<W>,
): readonly Instruction[] {
  const { f } = hart;
  const { row, environment, raise, write } = floatUnit(hart);
  const read = (register: SourceRegister<number>): Bits<W> => readBoxed(width, register);

  // Negating an operand is exact, also that of the product: -(a * b) is (-a) * b.
  const fusedRow = (
    mnemonic: string,
    opcode: string,
    product: (a: Bits<W>) => Bits<W>,
    addend: (c: Bits<W>) => Bits<W>,
  ): Instruction =>
    row(`${mnemonic}.${suffix}`, `rs3:5 ${fmt} rs2:5 rs1:5 rm:3 rd:5 ${opcode}`, {
      operands: {
        rd: f.destination(),
        rs1: f.source(),
        rs2: f.source(),
        rs3: f.source(),
        rm: roundingMode(),
      },
      syntax: "rd, rs1, rs2, rs3[, rm]",
      semantics: ({ rd, rs1, rs2, rs3, rm }) => {
        const a = product(read(rs1));
        const c = addend(read(rs3));
        const result = arithmetic.fusedMultiplyAdd(a, read(rs2), c, environment(rm));
        write(rd, result.value);
        raise(result.flags);
      },
      manual,
    });

  const same = (value: Bits<W>): Bits<W> => value;
  return [
    fusedRow("fmadd", "1000011", same, same),
    fusedRow("fmsub", "1000111", same, negative),
    fusedRow("fnmsub", "1001011", negative, same),
    fusedRow("fnmadd", "1001111", negative, negative),
  ];
}

function signInjection<X extends Xlen, W extends 32 | 64>(
  hart: Hart<X>,
  { width, fmt, suffix, manual }: FloatFormat<W>,
): readonly Instruction[] {
  const { f } = hart;
  const { row, write } = floatUnit(hart);

  const injection = (
    mnemonic: string,
    funct3: string,
    sign: (a: Bits<1>, b: Bits<1>) => Bits<1>,
  ): Instruction =>
    row(`${mnemonic}.${suffix}`, `00100 ${fmt} rs2:5 rs1:5 ${funct3} rd:5 1010011`, {
      operands: { rd: f.destination(), rs1: f.source(), rs2: f.source() },
      syntax: "rd, rs1, rs2",
      semantics: ({ rd, rs1, rs2 }) => {
        const a = readBoxed(width, rs1);
        const b = readBoxed(width, rs2);
        write(rd, withSign(sign(signOf(a), signOf(b)), a));
      },
      manual,
    });

  return [
    injection("fsgnj", "000", (_, b) => b),
    injection("fsgnjn", "001", (_, b) => b.not()),
    injection("fsgnjx", "010", (a, b) => a.xor(b)),
  ];
}

function comparison<X extends Xlen, W extends 32 | 64>(
  hart: Hart<X>,
  { width, fmt, suffix, manual }: FloatFormat<W>,
): readonly Instruction[] {
  const { f, x, xlen } = hart;
  const { row, accrued, raise } = floatUnit(hart);

  const comparisonRow = (
    mnemonic: string,
    funct3: string,
    operator: "compareEqual" | "compareLess" | "compareLessEqual",
  ): Instruction =>
    row(`${mnemonic}.${suffix}`, `10100 ${fmt} rs2:5 rs1:5 ${funct3} rd:5 1010011`, {
      operands: { rd: x.destination(), rs1: f.source(), rs2: f.source() },
      syntax: "rd, rs1, rs2",
      semantics: ({ rd, rs1, rs2 }) => {
        const result = arithmetic[operator](
          readBoxed(width, rs1),
          readBoxed(width, rs2),
          accrued(),
        );
        rd.write(result.value.zeroExtend(xlen));
        raise(result.flags);
      },
      manual,
    });

  return [
    comparisonRow("feq", "010", "compareEqual"),
    comparisonRow("flt", "001", "compareLess"),
    comparisonRow("fle", "000", "compareLessEqual"),
    row(`fclass.${suffix}`, `11100 ${fmt} 00000 rs1:5 001 rd:5 1010011`, {
      operands: { rd: x.destination(), rs1: f.source() },
      syntax: "rd, rs1",
      semantics: ({ rd, rs1 }) =>
        rd.write(arithmetic.classify(readBoxed(width, rs1)).zeroExtend(xlen)),
      manual,
    }),
  ];
}

function integerConversion<X extends Xlen, W extends 32 | 64>(
  hart: Hart<X>,
  { width, fmt, suffix, manual }: FloatFormat<W>,
): readonly Instruction[] {
  const { f, x, xlen } = hart;
  const { row, environment, raise, write } = floatUnit(hart);

  const toInteger = (
    integer: string,
    selector: string,
    integerWidth: Xlen,
    operator: "toSigned" | "toUnsigned",
  ): Instruction =>
    row(`fcvt.${integer}.${suffix}`, `11000 ${fmt} ${selector} rs1:5 rm:3 rd:5 1010011`, {
      operands: { rd: x.destination(), rs1: f.source(), rm: roundingMode() },
      syntax: "rd, rs1[, rm]",
      semantics: ({ rd, rs1, rm }) => {
        const value = readBoxed(width, rs1);
        const result: Rounded<Xlen> = arithmetic[operator](integerWidth, value, environment(rm));
        // Unsigned 32-bit results are sign-extended too.
        rd.write(result.value.signExtend(xlen));
        raise(result.flags);
      },
      manual,
    });

  const fromInteger = (
    integer: string,
    selector: string,
    integerWidth: Xlen,
    operator: "fromSigned" | "fromUnsigned",
  ): Instruction => {
    const rm = roundingMode(integerWidth < width ? "rne" : "dyn");
    return row(`fcvt.${suffix}.${integer}`, `11010 ${fmt} ${selector} rs1:5 rm:3 rd:5 1010011`, {
      operands: { rd: f.destination(), rs1: x.source(), rm },
      syntax: "rd, rs1[, rm]",
      semantics: ({ rd, rs1, rm }) => {
        const value = rs1.read().truncate(integerWidth);
        const result = arithmetic[operator](width, value, environment(rm));
        write(rd, result.value);
        raise(result.flags);
      },
      manual,
    });
  };

  const words = [
    toInteger("w", "00000", 32, "toSigned"),
    toInteger("wu", "00001", 32, "toUnsigned"),
    fromInteger("w", "00000", 32, "fromSigned"),
    fromInteger("wu", "00001", 32, "fromUnsigned"),
  ];
  if (xlen === 32) return words;
  return [
    ...words,
    toInteger("l", "00010", 64, "toSigned"),
    toInteger("lu", "00011", 64, "toUnsigned"),
    fromInteger("l", "00010", 64, "fromSigned"),
    fromInteger("lu", "00011", 64, "fromUnsigned"),
  ];
}

function signOf(value: Bits): Bits<1> {
  return value.bit(value.width - 1);
}

function withSign<W extends number>(sign: Bits<1>, value: Bits<W>): Bits<W> {
  return concat(value.width, sign, value.truncate(value.width - 1));
}

function negative<W extends number>(value: Bits<W>): Bits<W> {
  return withSign(signOf(value).not(), value);
}
