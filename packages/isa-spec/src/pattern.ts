/**
 * Bit patterns of instructions, in the manual's notation, highest bit first.
 *
 * Tokens are separated by spaces: `0`/`1` runs are fixed, `-` runs are ignored bits (assembled as
 * zero), `name:width` is a whole field, and `name[11:5]` or `imm[12|10:5]` are pieces of a field
 * whose other bits stand elsewhere or are zero.
 */
import { SpecificationError } from "./errors.ts";

/** Contiguous bits of a field: where they stand in the instruction and in the field. */
export interface FieldPiece {
  readonly field: string;
  readonly wordLow: number;
  readonly fieldLow: number;
  readonly width: number;
}

/** A parsed pattern. */
export interface Pattern {
  readonly text: string;
  /** Length of the instruction in bits. */
  readonly width: number;
  /** Bits that are fixed. */
  readonly mask: bigint;
  /** Their values. */
  readonly match: bigint;
  /** Bits that have no meaning. */
  readonly ignored: bigint;
  readonly pieces: readonly FieldPiece[];
}

type Tokens<P extends string> = P extends `${infer Head} ${infer Tail}` ? Head | Tokens<Tail> : P;
type FieldOf<T> = T extends `${infer Name}[${string}`
  ? Name
  : T extends `${infer Name}:${number}`
    ? Name
    : never;

/** The names of the fields in a pattern, so that a row that forgets an operand doesn't compile. */
export type FieldNames<P extends string> = string extends P ? string : FieldOf<Tokens<P>>;

interface Token {
  readonly width: number;
  readonly fixed?: { readonly mask: bigint; readonly match: bigint };
  readonly field?: string;
  /** Ranges of field bits from the highest word bit down. */
  readonly ranges?: readonly { readonly low: number; readonly width: number }[];
}

/**
 * Parses a pattern.
 *
 * @throws SpecificationError if a token is malformed or a field bit stands twice.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parsePattern } from "@isovm/isa-spec";
 *
 * const pattern = parsePattern("imm[11:5] rs2:5 rs1:5 010 imm[4:0] 0100011");
 * assert.equal(pattern.width, 32);
 * assert.equal(pattern.match, 0x2023n);
 * ```
 */
export function parsePattern(text: string): Pattern {
  const tokens = text
    .trim()
    .split(/\s+/)
    .map((token) => parseToken(token, text));
  const width = tokens.reduce((sum, token) => sum + token.width, 0);
  let position = width;
  let mask = 0n;
  let match = 0n;
  const pieces: FieldPiece[] = [];
  for (const token of tokens) {
    position -= token.width;
    if (token.fixed) {
      mask |= token.fixed.mask << BigInt(position);
      match |= token.fixed.match << BigInt(position);
    }
    let wordLow = position + token.width;
    for (const range of token.ranges ?? []) {
      wordLow -= range.width;
      pieces.push({
        field: token.field ?? "",
        wordLow,
        fieldLow: range.low,
        width: range.width,
      });
    }
  }
  checkFieldBits(pieces, text);
  const fieldBits = pieces.reduce(
    (bits, piece) => bits | (((1n << BigInt(piece.width)) - 1n) << BigInt(piece.wordLow)),
    0n,
  );
  const ignored = ((1n << BigInt(width)) - 1n) & ~mask & ~fieldBits;
  return { text, width, mask, match, ignored, pieces };
}

function parseToken(token: string, text: string): Token {
  if (/^[01-]+$/.test(token)) {
    const mask = BigInt(`0b${token.replace(/[01]/g, "1").replace(/-/g, "0")}`);
    const match = BigInt(`0b${token.replace(/-/g, "0")}`);
    return { width: token.length, fixed: { mask, match } };
  }
  const whole = /^([a-z]\w*):(\d+)$/i.exec(token);
  if (whole?.[1] && whole[2]) {
    const width = Number(whole[2]);
    return { width, field: whole[1], ranges: [{ low: 0, width }] };
  }
  const parts = /^([a-z]\w*)\[([\d:|]+)\]$/i.exec(token);
  if (parts?.[1] && parts[2]) {
    const ranges = parts[2].split("|").map((range) => {
      const [high, low = high] = range.split(":").map(Number);
      if (high === undefined || low === undefined || high < low) throw malformed(token, text);
      return { low, width: high - low + 1 };
    });
    const width = ranges.reduce((sum, range) => sum + range.width, 0);
    return { width, field: parts[1], ranges };
  }
  throw malformed(token, text);
}

function malformed(token: string, text: string): SpecificationError {
  return new SpecificationError(`"${token}" is no token of a pattern, in "${text}"`, {
    subject: text,
  });
}

function checkFieldBits(pieces: readonly FieldPiece[], text: string): void {
  const seen = new Map<string, bigint>();
  for (const { field, fieldLow, width } of pieces) {
    const bits = ((1n << BigInt(width)) - 1n) << BigInt(fieldLow);
    const before = seen.get(field) ?? 0n;
    if (before & bits) {
      throw new SpecificationError(`a bit of ${field} stands twice in "${text}"`, {
        subject: text,
      });
    }
    seen.set(field, before | bits);
  }
}

/** The value of `field` in an instruction word; bits without a piece are zero. */
export function extractField(pattern: Pattern, field: string, word: bigint): bigint {
  let value = 0n;
  for (const piece of pattern.pieces) {
    if (piece.field !== field) continue;
    value |= BigInt.asUintN(piece.width, word >> BigInt(piece.wordLow)) << BigInt(piece.fieldLow);
  }
  return value;
}

/** The bits that `value` puts into an instruction word; the inverse of {@link extractField}. */
export function insertField(pattern: Pattern, field: string, value: bigint): bigint {
  let word = 0n;
  for (const piece of pattern.pieces) {
    if (piece.field !== field) continue;
    word |= BigInt.asUintN(piece.width, value >> BigInt(piece.fieldLow)) << BigInt(piece.wordLow);
  }
  return word;
}

/** The bits of `field` that the pattern encodes; the others are always zero. */
export function encodedBits(pattern: Pattern, field: string): bigint {
  return pattern.pieces
    .filter((piece) => piece.field === field)
    .reduce(
      (bits, piece) => bits | (((1n << BigInt(piece.width)) - 1n) << BigInt(piece.fieldLow)),
      0n,
    );
}
