/** Fields as bijections, and a meaning for every bit. */
import type { Instruction } from "../instruction.ts";
import type { Semantics } from "../ir/statement.ts";
import { encodedBits, extractField, insertField } from "../pattern.ts";
import type { Report } from "./finding.ts";
import { fieldsRead } from "./walk.ts";

/** Reports fields that can't be inserted and extracted, and bits that mean two things. */
export function checkFields({ pattern, operands }: Instruction, report: Report): void {
  let taken = pattern.mask;
  for (const { field, wordLow, width } of pattern.pieces) {
    const place = ((1n << BigInt(width)) - 1n) << BigInt(wordLow);
    if (taken & place) report("fieldBijection", `a bit of ${field} is fixed or another field's`);
    taken |= place;
  }
  if (pattern.match & ~pattern.mask) {
    report("fieldBijection", "a bit that isn't fixed has a value to match");
  }
  for (const name of Object.keys(operands)) {
    const bits = encodedBits(pattern, name);
    for (let place = 1n; place <= bits; place <<= 1n) {
      if ((bits & place) === 0n) continue;
      for (const value of [place, bits ^ place]) {
        if (extractField(pattern, name, insertField(pattern, name, value)) !== value) {
          report("fieldBijection", `${name} = 0x${value.toString(16)} is extracted differently`);
          return;
        }
      }
    }
  }
}

/** Reports bits of the word, and bits of operands, that have no meaning. */
export function checkBits(row: Instruction, semantics: Semantics, report: Report): void {
  const { pattern, operands } = row;
  const inFields = pattern.pieces.reduce(
    (bits, { wordLow, width }) => bits | (((1n << BigInt(width)) - 1n) << BigInt(wordLow)),
    0n,
  );
  const all = (1n << BigInt(pattern.width)) - 1n;
  const lost = all & ~(pattern.mask | pattern.ignored | inFields);
  if (lost) report("unaccountedBits", `bits 0x${lost.toString(16)} are nothing`);

  const read = fieldsRead(semantics.body);
  for (const [name, operand] of Object.entries(operands)) {
    const bits = encodedBits(pattern, name);
    const lowest = bits & -bits;
    // Low zeros are how offsets are scaled; a hole elsewhere is a slip in the pattern.
    const expected = (1n << BigInt(operand.width)) - lowest;
    if (bits !== expected) {
      const holes = (expected & ~bits).toString(16);
      report("unaccountedBits", `bits 0x${holes} of ${name} are not in the pattern`);
    }
    if (!read.has(name) && !namesOperand(row, name)) {
      report("unaccountedBits", `neither the syntax nor the semantics use ${name}`);
    }
  }
}

/** Whether the syntax or the mnemonic names the operand. */
export function namesOperand({ mnemonic, syntax }: Instruction, operand: string): boolean {
  const inMnemonic = [...mnemonic.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const inSyntax: readonly string[] = syntax.match(/[A-Za-z_]\w*/g) ?? [];
  return inMnemonic.includes(operand) || inSyntax.includes(operand);
}
