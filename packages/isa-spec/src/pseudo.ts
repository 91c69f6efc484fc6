/** Pseudo-instructions: what an assembler reads, and a disassembler prints, in place of a row. */

/**
 * A shorthand of the assembly language for one or more instructions.
 *
 * Rows come first: a shorthand may have a row's mnemonic with operands of another shape
 * (`jal offset` beside `jal rd, offset`). Among shorthands the first that fits is taken.
 */
export interface PseudoInstruction {
  /** Mnemonic and operands: `"mv rd, rs"`. An operand stands for any text. */
  readonly syntax: string;
  /**
   * Assembly lines with the same operand names, or a function that gives lines from the operands'
   * texts. A word `$name` in the lines is a label of this one expansion.
   */
  readonly expansion: readonly string[] | PseudoExpander;
  /**
   * The single instruction that a disassembler prints as this shorthand. It may be another one
   * than the expansion: `c.mv rd, rs` is printed as `mv rd, rs` too.
   */
  readonly prints?: string;
}

/** Gives the assembly lines of a pseudo-instruction from the operands' texts. */
export type PseudoExpander = (
  operands: Readonly<Record<string, string>>,
  context: ExpansionContext,
) => readonly string[];

/** What an expander can ask. */
export interface ExpansionContext {
  /** The value of an expression of numbers and `.equ` symbols; undefined if it is an address. */
  readonly constant: (text: string) => bigint | undefined;
  /** Rejects the operands; the message says what would be right. */
  readonly fail: (message: string) => never;
}

type Words<S extends string> = S extends `${infer Head}${" " | "," | "(" | ")"}${infer Tail}`
  ? Words<Head> | Words<Tail>
  : S;

/** The operand names in the syntax of a pseudo-instruction. */
export type PseudoOperands<S extends string> = S extends `${string} ${infer Rest}`
  ? Exclude<Words<Rest>, "">
  : never;

/**
 * A shorthand for fixed lines: `pseudo("mv rd, rs", "addi rd, rs, 0")`.
 *
 * One with a single line is also what a disassembler prints for that instruction, if asked for
 * shorthands; the first that matches, so `nop` stands before `li` and `mv`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { pseudo } from "@isovm/isa-spec";
 *
 * const la = pseudo(
 *   "la rd, symbol",
 *   "$high: auipc rd, %pcrel_hi(symbol)",
 *   "addi rd, rd, %pcrel_lo($high)",
 * );
 * assert.equal(la.prints, undefined);
 * assert.equal(pseudo("neg rd, rs", "sub rd, x0, rs").prints, "sub rd, x0, rs");
 * ```
 */
export function pseudo(syntax: string, ...expansion: readonly string[]): PseudoInstruction {
  const [only] = expansion;
  return only !== undefined && expansion.length === 1
    ? { syntax, expansion, prints: only }
    : { syntax, expansion };
}

/**
 * A shorthand whose lines depend on its operands, and that a disassembler prints for `prints`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { pseudoFunction } from "@isovm/isa-spec";
 *
 * const li = pseudoFunction(
 *   "li rd, immediate",
 *   ({ rd, immediate }, { constant, fail }) => {
 *     const value = constant(immediate) ?? fail("a constant; an address is loaded by la");
 *     if (BigInt.asIntN(12, value) === value) return [`addi ${rd}, zero, ${value}`];
 *     return [`lui ${rd}, ${BigInt.asUintN(20, value >> 12n)}`];
 *   },
 *   "addi rd, zero, immediate",
 * );
 * assert.equal(li.syntax, "li rd, immediate");
 * ```
 */
export function pseudoFunction<const S extends string>(
  syntax: S,
  expand: (
    operands: Readonly<Record<PseudoOperands<S>, string>>,
    context: ExpansionContext,
  ) => readonly string[],
  prints?: string,
): PseudoInstruction {
  // The assembler calls it with exactly the names of `syntax`, which a string's type can't say.
  const expansion = expand as PseudoExpander;
  return prints === undefined ? { syntax, expansion } : { syntax, expansion, prints };
}

/** A shorthand that is only read, because another spelling is printed: `scall` for `ecall`. */
export function readAs(syntax: string, ...expansion: readonly string[]): PseudoInstruction {
  return { syntax, expansion };
}

/** A shorthand that is only printed: `printedAs("mv rd, rs", "c.mv rd, rs")`. */
export function printedAs(syntax: string, prints: string): PseudoInstruction {
  return { syntax, expansion: [], prints };
}
