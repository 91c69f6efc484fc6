/** The floating-point policy that the rows of an ISA share. */
import {
  type Expression,
  expressionsOf,
  type FloatPolicy,
  type Isa,
  operandsOf,
  type Statement,
  UnsupportedError,
} from "@isovm/isa-spec";

const known = new WeakMap<Isa, { readonly policy: FloatPolicy | undefined }>();

/** The policy; undefined if no row computes in floating point. */
export function floatPolicyOf(isa: Isa): FloatPolicy | undefined {
  let found = known.get(isa);
  if (!found) {
    found = { policy: search(isa) };
    known.set(isa, found);
  }
  return found.policy;
}

/**
 * The policy of an ISA that computes in floating point.
 *
 * @throws UnsupportedError if no row does.
 */
export function rowsFloatPolicy(isa: Isa): FloatPolicy {
  const policy = floatPolicyOf(isa);
  if (policy) return policy;
  throw new UnsupportedError(`no row of ${isa.name} computes in floating point`, {
    feature: "floating point",
  });
}

function search(isa: Isa): FloatPolicy | undefined {
  const seen = new Set<Expression>();
  const look = (expression: Expression): FloatPolicy | undefined => {
    if (seen.has(expression)) return undefined;
    seen.add(expression);
    if (expression.kind === "float") return expression.operation.policy;
    return first(operandsOf(expression), look);
  };
  const visit = (statement: Statement): FloatPolicy | undefined =>
    first(expressionsOf(statement), look) ?? first(nested(statement), visit);
  return first(isa.instructions, (row) => first(row.semantics.body, visit));
}

function nested(statement: Statement): readonly Statement[] {
  if (statement.kind === "if") return [...statement.then, ...statement.else];
  if (statement.kind === "while") return [...statement.test, ...statement.body];
  return [];
}

function first<T, R>(list: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of list) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
