/** Walks over the IR, nested statements and shared expressions included. */
import { type Expression, operandsOf } from "../ir/expression.ts";
import { expressionsOf, type Statement } from "../ir/statement.ts";

/** The statement lists that stand inside of a statement. */
export function nestedLists(statement: Statement): readonly (readonly Statement[])[] {
  if (statement.kind === "if") return [statement.then, statement.else];
  if (statement.kind === "while") return [statement.test, statement.body];
  return [];
}

/** Calls `visit` once for every expression under `roots`, operands first. */
export function visitExpressions(
  roots: readonly Expression[],
  visit: (expression: Expression) => void,
  seen: Set<Expression> = new Set(),
): void {
  for (const expression of roots) {
    if (seen.has(expression)) continue;
    seen.add(expression);
    visitExpressions(operandsOf(expression), visit, seen);
    visit(expression);
  }
}

/** Names of the fields that statements read. */
export function fieldsRead(statements: readonly Statement[]): ReadonlySet<string> {
  const fields = new Set<string>();
  const seen = new Set<Expression>();
  const walk = (list: readonly Statement[]): void => {
    for (const statement of list) {
      visitExpressions(
        expressionsOf(statement),
        (expression) => {
          if (expression.kind === "field") fields.add(expression.name);
        },
        seen,
      );
      nestedLists(statement).forEach(walk);
    }
  };
  walk(statements);
  return fields;
}
