/** The values of assembly expressions. */
import { IsovmError } from "@isovm/isa-spec";
import type { AssemblyExpression } from "./expression.ts";

/** A number, or an address that depends on where the program lies. */
export interface AssemblyValue {
  readonly value: bigint;
  readonly isAddress: boolean;
}

/** What names in an expression stand for. */
export interface Scope {
  readonly symbol: (name: string) => AssemblyValue | undefined;
  readonly local: (number: string, forward: boolean) => AssemblyValue | undefined;
  readonly here: bigint;
  readonly relocate: (name: string, argument: AssemblyValue, column: number) => bigint;
}

/** An expression has no value; `column` is where. */
export class ExpressionError extends IsovmError<{ readonly column: number }> {
  /** The same error in a text that begins `columns` further left. */
  movedBy(columns: number): ExpressionError {
    return new ExpressionError(this.message, { column: this.data.column + columns });
  }
}

const operators: Readonly<Record<string, (left: bigint, right: bigint) => bigint>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "%": (left, right) => left % right,
  "<<": (left, right) => left << right,
  ">>": (left, right) => left >> right,
  "&": (left, right) => left & right,
  "|": (left, right) => left | right,
  "^": (left, right) => left ^ right,
};

/** No shift goes further: a hostile `1 << 1 << 60` must not take the host's memory. */
const longestShift = 4096n;

/**
 * The value of an expression.
 *
 * @throws ExpressionError if a symbol has no value, or an operation has no result.
 */
export function evaluate(expression: AssemblyExpression, scope: Scope): AssemblyValue {
  switch (expression.kind) {
    case "number":
      return { value: expression.value, isAddress: false };
    case "here":
      return { value: scope.here, isAddress: true };
    case "symbol": {
      const found = scope.symbol(expression.name);
      if (found) return found;
      throw new ExpressionError(`${expression.name} is not defined`, expression);
    }
    case "local": {
      const { number, forward } = expression;
      const found = scope.local(number, forward);
      if (found) return found;
      const where = forward ? "after" : "before";
      throw new ExpressionError(`there is no label ${number}: ${where} this line`, expression);
    }
    case "negate":
      return { value: -evaluate(expression.operand, scope).value, isAddress: false };
    case "complement":
      return { value: ~evaluate(expression.operand, scope).value, isAddress: false };
    case "relocation": {
      const argument = evaluate(expression.argument, scope);
      return {
        value: scope.relocate(expression.name, argument, expression.column),
        isAddress: true,
      };
    }
    case "binary":
      return combine(expression, scope);
  }
}

function combine(
  expression: Extract<AssemblyExpression, { kind: "binary" }>,
  scope: Scope,
): AssemblyValue {
  const { operator, column } = expression;
  const left = evaluate(expression.left, scope);
  const right = evaluate(expression.right, scope);
  if ((operator === "/" || operator === "%") && right.value === 0n) {
    throw new ExpressionError("division by zero", { column });
  }
  const isShift = operator === "<<" || operator === ">>";
  if (isShift && (right.value < 0n || right.value > longestShift)) {
    throw new ExpressionError(`a shift by ${right.value}`, { column });
  }
  const value = operators[operator]?.(left.value, right.value) ?? 0n;
  // The difference of two addresses doesn't depend on where they lie.
  const isAddress =
    operator === "-" ? left.isAddress !== right.isAddress : left.isAddress || right.isAddress;
  return { value, isAddress };
}

/** The value of an expression of numbers alone. */
export function constantValue(expression: AssemblyExpression): bigint {
  const none = (): undefined => undefined;
  return evaluate(expression, { symbol: none, local: none, here: 0n, relocate: () => 0n }).value;
}
