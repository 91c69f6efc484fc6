/** The row: an instruction's encoding, operands, assembly syntax, semantics and manual section. */
import type { Bits } from "./builder/bits.ts";
import { fromExpression } from "./builder/bits.ts";
import type { Operand } from "./builder/operand.ts";
import { record } from "./builder/recorder.ts";
import { SpecificationError } from "./errors.ts";
import type { Semantics } from "./ir/statement.ts";
import {
  encodedBits,
  extractField,
  type FieldNames,
  type Pattern,
  parsePattern,
} from "./pattern.ts";

/** The operands of a row by the name of their field. */
export type Operands = Readonly<Record<string, Operand<unknown>>>;

/** What the semantics function of a row receives: each operand as its type binds it. */
export type Bound<O extends Operands> = {
  readonly [Name in keyof O]: O[Name] extends Operand<infer Value> ? Value : never;
};

/** The part of a row that stands between braces. */
export interface Row<O extends Operands> {
  readonly operands: O;
  /**
   * Assembly syntax after the mnemonic, with operands by name: `"rd, imm(rs1)"`. A part in square
   * brackets is left out where its operand has the value that omission means.
   */
  readonly syntax: string;
  /** Decode context in which the row applies, such as `{ operandSize: 16 }` behind a prefix. */
  readonly context?: Readonly<Record<string, number>>;
  /** Records what the instruction does; called once. */
  readonly semantics: (operands: Bound<O>) => void;
  /**
   * A trap may leave part of the instruction done, in a state from which it goes on (x86's REP,
   * RISC-V's vector accesses). Without it, no effect may stand before what can still trap.
   */
  readonly partialProgress?: boolean;
  /** Document, version and section. */
  readonly manual: string;
}

/** An instruction: plain data that decoders, engines, assemblers and documents derive from. */
export interface Instruction {
  /**
   * The mnemonic. An operand in braces stands inside of it: `amoadd.w{ordering}`.
   */
  readonly mnemonic: string;
  readonly pattern: Pattern;
  /** Length in bytes. */
  readonly sizeBytes: number;
  readonly operands: Operands;
  readonly syntax: string;
  readonly context: Readonly<Record<string, number>>;
  /** What it does; recorded from the row's function at first use. */
  readonly semantics: Semantics;
  /** Records what it does among other statements; {@link semantics} is that on its own. */
  readonly record: () => void;
  /** Whether a trap may leave part of the instruction done. */
  readonly partialProgress: boolean;
  readonly manual: string;
}

/**
 * An instruction from its row.
 *
 * @throws SpecificationError if operands, pattern and syntax don't fit each other.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { instruction, RegisterFile } from "@isovm/isa-spec";
 *
 * const x = new RegisterFile({ name: "x", count: 32, width: 64, zero: 0 });
 * const add = instruction("add", "0000000 rs2:5 rs1:5 000 rd:5 0110011", {
 *   operands: { rd: x.destination(), rs1: x.source(), rs2: x.source() },
 *   syntax: "rd, rs1, rs2",
 *   semantics: ({ rd, rs1, rs2 }) => rd.write(rs1.read().add(rs2.read())),
 *   manual: "RISC-V Unprivileged 20240411, 2.4.2",
 * });
 * assert.equal(add.sizeBytes, 4);
 * assert.equal(add.semantics.body.length, 3);
 * ```
 */
export function instruction<
  const P extends string,
  O extends { readonly [Name in FieldNames<P>]: Operand<unknown> },
>(mnemonic: string, pattern: P, row: Row<O>): Instruction {
  const parsed = parsePattern(pattern);
  checkOperands(mnemonic, parsed, row.operands);
  return recorded({
    mnemonic,
    pattern: parsed,
    sizeBytes: Math.ceil(parsed.width / 8),
    operands: row.operands,
    syntax: row.syntax,
    context: row.context ?? {},
    partialProgress: row.partialProgress ?? false,
    manual: row.manual,
    record: () => row.semantics(bind(row.operands)),
  });
}

function recorded(parts: Omit<Instruction, "semantics">): Instruction {
  let semantics: Semantics | undefined;
  return {
    ...parts,
    get semantics() {
      semantics ??= { body: record(parts.mnemonic, parts.record) };
      return semantics;
    },
  };
}

/** The row with `around` recorded about its own semantics, which `around` places by calling them. */
export function surround(row: Instruction, around: (body: () => void) => void): Instruction {
  const { mnemonic, pattern, sizeBytes, operands, syntax, context, partialProgress, manual } = row;
  return recorded({
    mnemonic,
    pattern,
    sizeBytes,
    operands,
    syntax,
    context,
    partialProgress,
    manual,
    record: () => around(row.record),
  });
}

function bind<O extends Operands>(operands: O): Bound<O> {
  const bound: Record<string, unknown> = {};
  for (const [name, operand] of Object.entries(operands)) {
    const field: Bits = fromExpression(operand.width, {
      kind: "field",
      width: operand.width,
      name,
    });
    bound[name] = operand.bind(field);
  }
  // The loop gives every operand the value of its own type, which a mapped type can't follow.
  return bound as Bound<O>;
}

function checkOperands(mnemonic: string, pattern: Pattern, operands: Operands): void {
  const fail = (message: string): never => {
    throw new SpecificationError(`${mnemonic}: ${message}`, { subject: mnemonic });
  };
  if (pattern.width % 8 !== 0) fail(`the pattern has ${pattern.width} bits, not whole bytes`);
  const fields = new Set(pattern.pieces.map((piece) => piece.field));
  for (const field of fields) {
    if (!(field in operands)) fail(`field ${field} has no operand`);
  }
  for (const [name, operand] of Object.entries(operands)) {
    if (!fields.has(name)) fail(`operand ${name} is not in the pattern`);
    const highest = encodedBits(pattern, name).toString(2).length;
    if (highest > operand.width) {
      fail(`the pattern has ${highest} bits of ${name}, its operand ${operand.width}`);
    }
  }
}

/** Whether a word is an encoding of the row: fixed bits match and no operand value is excluded. */
export function matches(row: Instruction, word: bigint): boolean {
  if ((word & row.pattern.mask) !== row.pattern.match) return false;
  for (const [name, operand] of Object.entries(row.operands)) {
    if (operand.excluded.length === 0) continue;
    if (operand.excluded.includes(extractField(row.pattern, name, word))) return false;
  }
  return true;
}
