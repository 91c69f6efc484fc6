/** What the statements of a row have in common with every specialisation of them. */
import {
  type Expression,
  expressionsOf,
  type Instruction,
  operandsOf,
  type Statement,
} from "@isovm/isa-spec";

/** Properties that spare work on bodies without them. */
export interface BodyTraits {
  /** Whether an expression that isn't a leaf is used twice. */
  readonly shares: boolean;
  /** Whether there may be values above 64 bits, or the count of retired instructions. */
  readonly isUnusual: boolean;
  /** Whether there is a floating-point operation, whose rare cases only an interpreter has. */
  readonly computesFloats: boolean;
}

/** Traits that no work is spared by. */
export const anyTraits: BodyTraits = { shares: true, isUnusual: true, computesFloats: true };

const known = new WeakMap<Instruction, BodyTraits>();

/** The traits of a row, and of what folding makes of it: folding neither copies nor widens. */
export function traitsOf(row: Instruction): BodyTraits {
  let traits = known.get(row);
  if (!traits) {
    traits = bodyTraits(row.semantics.body);
    known.set(row, traits);
  }
  return traits;
}

/** The traits of a body. */
export function bodyTraits(body: readonly Statement[]): BodyTraits {
  const seen = new Set<unknown>();
  let shares = false;
  let isUnusual = false;
  let computesFloats = false;
  const inspect = (expression: Expression): void => {
    if (expression.width > 64 || expression.kind === "retired") isUnusual = true;
    if (expression.kind === "float") computesFloats = true;
    const operands = operandsOf(expression);
    if (operands.length === 0) return;
    const identity = expression.kind === "float" ? expression.operation : expression;
    if (seen.has(identity)) {
      shares = true;
      return;
    }
    seen.add(identity);
    operands.forEach(inspect);
  };
  const visit = (list: readonly Statement[]): void => {
    for (const statement of list) {
      expressionsOf(statement).forEach(inspect);
      if ("result" in statement && statement.result.width > 64) isUnusual = true;
      if (statement.kind === "if") {
        visit(statement.then);
        visit(statement.else);
      } else if (statement.kind === "while") {
        visit(statement.test);
        visit(statement.body);
      }
    }
  };
  visit(body);
  return { shares, isUnusual, computesFloats };
}
