/** Operands: how a field of the instruction word is written, read and meant. */
import { SpecificationError } from "../errors.ts";
import { type Bits, fromExpression } from "./bits.ts";
import type { RegisterFileDefinition } from "./registers.ts";

/** How an operand stands in assembly text; data, so that both directions derive from it. */
export type OperandText =
  /** A register of a file: its number is `first` plus the field. */
  | {
      readonly kind: "register";
      readonly file: RegisterFileDefinition;
      readonly first: number;
      readonly role: "read" | "write" | "both";
    }
  /**
   * A number. Where `printWidth` is given, the signed value is written as the unsigned number of so
   * many bits (RISC-V's `c.lui a0, 0xfffe1`).
   */
  | {
      readonly kind: "integer";
      readonly signed: boolean;
      readonly base: 10 | 16;
      readonly printWidth?: number;
    }
  /**
   * An address, encoded as its signed distance from a place that is `from` bytes behind the
   * instruction's first byte; from the instruction itself if not given.
   */
  | { readonly kind: "target"; readonly from?: number }
  /** A name for each value; others are written as hexadecimal numbers where `numbers` says so. */
  | {
      readonly kind: "names";
      readonly names: Readonly<Record<number, string>>;
      readonly numbers: boolean;
    }
  /** A set: each bit has a letter, the first letter for the highest bit; "0" for the empty set. */
  | { readonly kind: "letters"; readonly letters: string };

/**
 * An operand of `width` encoded bits that the semantics receive as a `Value`.
 *
 * The width counts all bits of the operand's value, those that the pattern doesn't encode (and
 * which are therefore zero) included: a branch offset `imm[12|10:5]…imm[4:1|11]` has 13.
 */
export class Operand<out Value> {
  readonly width: number;
  readonly text: OperandText;
  /** Values (as unsigned bits) that belong to other instructions or are reserved. */
  readonly excluded: readonly bigint[];
  /** The value that assembly text may leave out. */
  readonly omitted: bigint | undefined;
  /** What the semantics function is given for the field. */
  readonly bind: (field: Bits) => Value;

  constructor(
    width: number,
    text: OperandText,
    bind: (field: Bits) => Value,
    options: { excluded?: readonly bigint[]; omitted?: bigint } = {},
  ) {
    this.width = width;
    this.text = text;
    this.bind = bind;
    this.excluded = options.excluded ?? [];
    this.omitted = options.omitted;
  }

  /** The same operand without the given values: they don't match this row. */
  except(...values: readonly number[]): Operand<Value> {
    const excluded = [
      ...this.excluded,
      ...values.map((value) => BigInt.asUintN(this.width, BigInt(value))),
    ];
    return new Operand(this.width, this.text, this.bind, { ...this.options(), excluded });
  }

  /** The same operand, which assembly text may leave out to mean `value`. */
  omittedMeans(value: number): Operand<Value> {
    return new Operand(this.width, this.text, this.bind, {
      ...this.options(),
      omitted: BigInt(value),
    });
  }

  private options(): { excluded: readonly bigint[]; omitted?: bigint } {
    return this.omitted === undefined
      ? { excluded: this.excluded }
      : { excluded: this.excluded, omitted: this.omitted };
  }
}

function typed<W extends number>(width: W, field: Bits): Bits<W> {
  return fromExpression(width, field.expression);
}

/** A signed number of `width` bits, sign-extended to `to` bits for the semantics. */
export function signed<W extends number>(width: number, to: W): Operand<Bits<W>> {
  return new Operand(width, { kind: "integer", signed: true, base: 10 }, (f) => f.signExtend(to));
}

/** An unsigned number of `width` bits, zero-extended to `to` bits for the semantics. */
export function unsigned<W extends number>(
  width: number,
  to: W,
  base: 10 | 16 = 10,
): Operand<Bits<W>> {
  return new Operand(width, { kind: "integer", signed: false, base }, (f) => f.zeroExtend(to));
}

/**
 * A signed number of `width` bits, sign-extended to `to` bits for the semantics, that assembly text
 * writes in hexadecimal as its two's complement in `printWidth` bits.
 */
export function signedText<W extends number>(
  width: number,
  printWidth: number,
  to: W,
): Operand<Bits<W>> {
  return new Operand(width, { kind: "integer", signed: true, base: 16, printWidth }, (field) =>
    field.signExtend(to),
  );
}

/**
 * The distance from the instruction to an address, signed, `width` bits, extended to `to`.
 *
 * Where the encoded distance counts from another place, `from` is that place's distance in bytes:
 * 4 for Alpha, 8 for PA-RISC, an instruction's length for x86. The semantics receive the distance
 * from the instruction in any case.
 */
export function target<W extends number>(width: number, to: W, from = 0): Operand<Bits<W>> {
  if (from === 0) return new Operand(width, { kind: "target" }, (field) => field.signExtend(to));
  return new Operand(width, { kind: "target", from }, (field) => field.signExtend(to).add(from));
}

/** A value of `width` bits that assembly text names. */
export function named<W extends number>(
  width: W,
  names: Readonly<Record<number, string>>,
  options: { numbers?: boolean } = {},
): Operand<Bits<W>> {
  for (const value of Object.keys(names)) {
    if (Number(value) >= 2 ** width) {
      throw new SpecificationError(`the name of ${value} is for no value of ${width} bits`, {
        subject: names[Number(value)] ?? "",
      });
    }
  }
  const text: OperandText = { kind: "names", names, numbers: options.numbers ?? false };
  return new Operand(width, text, (field) => typed(width, field));
}

/** A set of `letters.length` bits; the first letter names the highest bit. */
export function letterSet<W extends number>(width: W, letters: string): Operand<Bits<W>> {
  if (letters.length !== width) {
    throw new SpecificationError(`${width} bits need as many letters, not "${letters}"`, {
      subject: letters,
    });
  }
  return new Operand(width, { kind: "letters", letters }, (field) => typed(width, field));
}

/** Another meaning for the same text: maps what the semantics receive. */
export function mapOperand<A, B>(operand: Operand<A>, map: (value: A) => B): Operand<B> {
  const options =
    operand.omitted === undefined
      ? { excluded: operand.excluded }
      : { excluded: operand.excluded, omitted: operand.omitted };
  return new Operand(operand.width, operand.text, (field) => map(operand.bind(field)), options);
}
