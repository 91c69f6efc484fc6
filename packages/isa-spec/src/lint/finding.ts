/** What a lint reports. */
import type { Instruction } from "../instruction.ts";

/** The rules that {@link lintIsa} checks. */
export const lintRules = [
  /** Two rows match one word, and neither is a special case of the other. */
  "overlap",
  /** Bits of an instruction or of an operand that nothing gives a meaning. */
  "unaccountedBits",
  /** Inserting and extracting a field don't invert each other, or two things share a bit. */
  "fieldBijection",
  /** A field can name a register that its file doesn't have. */
  "registerRange",
  /** Assembly text doesn't determine an operand. */
  "syntax",
  /** The semantics function threw. */
  "semantics",
  /** The IR mixes widths, or names what doesn't exist or isn't computed yet. */
  "illFormed",
  /** A statement stands behind one that always ends the instruction. */
  "unreachable",
  /** An effect that can be seen stands before something that can still trap. */
  "writeBeforeTrap",
] as const;

/** The name of a rule. */
export type LintRule = (typeof lintRules)[number];

/** A defect of an ISA's specification. */
export interface LintFinding {
  readonly rule: LintRule;
  /** Mnemonic of the row concerned. */
  readonly mnemonic: string;
  readonly message: string;
}

/** Reports findings about one row. */
export type Report = (rule: LintRule, message: string) => void;

/** A reporter that adds findings about `row` to a list. */
export function reporter(row: Instruction, findings: LintFinding[]): Report {
  return (rule, message) => findings.push({ rule, mnemonic: row.mnemonic, message });
}
