/** Lints of an ISA's specification. */
export { type LintFinding, type LintRule, lintRules } from "./finding.ts";
export { lintIsa } from "./lint.ts";
export { illegalResidue, type ResidueOptions } from "./residue.ts";
