/** Register numbers: what a field can encode has to exist. */
import type { Instruction } from "../instruction.ts";
import { encodedBits } from "../pattern.ts";
import type { Report } from "./finding.ts";

/**
 * Reports operands whose field can name a register that its file doesn't have. Engines trust the
 * numbers: such a word would reach another register's bytes.
 */
export function checkRegisterRange({ operands, pattern }: Instruction, report: Report): void {
  for (const [name, { text, excluded }] of Object.entries(operands)) {
    if (text.kind !== "register") continue;
    const encoded = encodedBits(pattern, name);
    for (let value = 0n; value <= encoded; value += 1n) {
      const number = Number(value) + text.first;
      if (value & ~encoded || excluded.includes(value) || number < text.file.count) continue;
      report("registerRange", `${name} = ${value} is register ${number} of ${text.file.name}`);
      break;
    }
  }
}
