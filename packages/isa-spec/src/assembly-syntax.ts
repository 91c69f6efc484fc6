/** What an assembler and a disassembler know of an ISA beside its rows; plain data. */

/** Conventions of an ISA's assembly language. */
export interface AssemblySyntax {
  /** Character sequences that begin a comment, up to the end of the line. */
  readonly comment: readonly string[];
  /**
   * Functions on symbols, by their name as it is written: `"%hi"`, used as `%hi(symbol + 8)`.
   */
  readonly relocations: Readonly<Record<string, Relocation>>;
  /**
   * Directives that store integers, with their size in bytes, beside the general ones (`.byte`,
   * `.2byte`, `.4byte`, `.8byte`): `{ ".half": 2, ".word": 4, ".dword": 8 }`.
   */
  readonly dataDirectives?: Readonly<Record<string, number>>;
  /** The directive `.align n` aligns to `2 ** n` bytes if `"power"`, to `n` if `"bytes"`. */
  readonly align?: "power" | "bytes";
  /** Directives without any effect on the bytes, such as `.option`. */
  readonly ignoredDirectives?: readonly string[];
  /** Instructions that fill the gaps of aligned code, longest first: `["addi zero, zero, 0"]`. */
  readonly padding?: readonly string[];
}

/**
 * A function on addresses in assembly text: the value of its argument (or, if `relative`, its
 * distance from the instruction) is mapped to the operand's value.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import type { Relocation } from "@isovm/isa-spec";
 *
 * const hi: Relocation = {
 *   relative: false,
 *   value: (address) => BigInt.asUintN(20, (address + 0x800n) >> 12n),
 * };
 * assert.equal(hi.value(0x12345fffn), 0x12346n);
 * ```
 */
export interface Relocation {
  readonly relative: boolean;
  /** The operand's value for an address or distance. */
  readonly value: (address: bigint) => bigint;
  /**
   * The name of another relocation. The argument is then the label of an instruction that uses
   * that one, and its address or distance is what is mapped: `%pcrel_lo(label)` has `"%pcrel_hi"`.
   */
  readonly ofLabel?: string;
}
