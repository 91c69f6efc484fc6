/** Checks of a whole ISA's specification, rule by rule. */
import type { Semantics } from "../ir/statement.ts";
import type { Isa } from "../isa.ts";
import { checkBits, checkFields } from "./encoding.ts";
import { type LintFinding, reporter } from "./finding.ts";
import { lengthOverlaps } from "./length-overlap.ts";
import { overlaps } from "./overlap.ts";
import { checkRegisterRange } from "./register-range.ts";
import { checkSyntax } from "./syntax.ts";
import { checkWellFormed } from "./well-formed.ts";
import { checkWriteBeforeTrap } from "./write-before-trap.ts";

/**
 * Everything that is wrong with an ISA's rows as far as it shows without executing them; empty for
 * a sound specification.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defineIsa, instruction, lintIsa, RegisterFile } from "@isovm/isa-spec";
 *
 * const r = new RegisterFile({ name: "r", count: 8, width: 32 });
 * const isa = defineIsa({
 *   name: "toy",
 *   addressWidth: 32,
 *   registers: [r.definition],
 *   framing: { parcelBytes: 1, byteOrder: "little", lengths: [{ mask: 0, match: 0, sizeBytes: 1 }] },
 *   extensions: [
 *     {
 *       name: "base",
 *       title: "All",
 *       instructions: [
 *         instruction("clear", "00000 rd:3", {
 *           operands: { rd: r.destination() },
 *           syntax: "",
 *           semantics: ({ rd }) => rd.write(r.at(rd.index).read().xor(r.at(rd.index).read())),
 *           manual: "none",
 *         }),
 *       ],
 *     },
 *   ],
 *   syntax: { comment: [], relocations: {} },
 * });
 * assert.deepEqual(
 *   lintIsa(isa).map(({ rule, message }) => `${rule}: ${message}`),
 *   ["syntax: operand rd is not in the syntax"],
 * );
 * ```
 */
export function lintIsa(isa: Isa): readonly LintFinding[] {
  const findings: LintFinding[] = [...overlaps(isa.instructions), ...lengthOverlaps(isa)];
  for (const row of isa.instructions) {
    const report = reporter(row, findings);
    let semantics: Semantics;
    try {
      semantics = row.semantics;
    } catch (error) {
      report("semantics", error instanceof Error ? error.message : String(error));
      continue;
    }
    checkFields(row, report);
    checkBits(row, semantics, report);
    checkRegisterRange(row, report);
    checkSyntax(row, report);
    checkWellFormed(isa, row, semantics, report);
    checkWriteBeforeTrap(row, semantics, report);
  }
  return findings;
}
