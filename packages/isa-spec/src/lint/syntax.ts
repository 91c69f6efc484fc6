/** Assembly text has to determine an instruction's word. */
import type { Instruction } from "../instruction.ts";
import { namesOperand } from "./encoding.ts";
import type { Report } from "./finding.ts";

/** Reports operands that assembly text can't give. */
export function checkSyntax(row: Instruction, report: Report): void {
  for (const name of Object.keys(row.operands)) {
    if (!namesOperand(row, name)) report("syntax", `operand ${name} is not in the syntax`);
  }
  for (const [, name] of row.mnemonic.matchAll(/\{(\w+)\}/g)) {
    const operand = row.operands[name ?? ""];
    if (!operand) {
      report("syntax", `the mnemonic names ${name}, which is no operand`);
    } else if (operand.text.kind !== "names") {
      report("syntax", `operand ${name} stands in the mnemonic but its values have no names`);
    }
  }
  for (const [, part] of row.syntax.matchAll(/\[([^\]]*)\]/g)) {
    const optional = (part?.match(/[A-Za-z_]\w*/g) ?? []).filter((word) => word in row.operands);
    if (optional.length === 0) report("syntax", `the optional part "${part}" has no operand`);
    for (const name of optional) {
      if (row.operands[name]?.omitted === undefined) {
        report("syntax", `operand ${name} is optional but has no value when left out`);
      }
    }
  }
}
