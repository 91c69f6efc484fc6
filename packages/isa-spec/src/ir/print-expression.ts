/** Expressions of the IR as text for people. */
import type {
  BinaryOperator,
  ComparisonOperator,
  Expression,
  FloatOperation,
} from "./expression.ts";

/** How tightly text binds: a part that binds less than its place demands gets parentheses. */
const tightness = { lowest: 0, operator: 1, prefix: 2, postfix: 3 } as const;

interface Printed {
  readonly text: string;
  readonly tightness: number;
}

/** Names that stand for expressions printed before. */
export interface SharedNames {
  readonly expressions: ReadonlyMap<Expression, string>;
  readonly operations: ReadonlyMap<FloatOperation, string>;
}

const infix: Partial<Record<BinaryOperator | ComparisonOperator, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  divUnsigned: "/u",
  divSigned: "/s",
  remUnsigned: "%u",
  remSigned: "%s",
  and: "&",
  or: "|",
  xor: "^",
  shiftLeft: "<<",
  shiftRightLogical: ">>u",
  shiftRightArithmetic: ">>s",
  equal: "==",
  lessUnsigned: "<u",
  lessSigned: "<s",
  lessEqualUnsigned: "<=u",
  lessEqualSigned: "<=s",
};

const nothingShared: SharedNames = { expressions: new Map(), operations: new Map() };

/**
 * An expression as text: infix operators with `u` or `s` where signedness counts, `x[31:0]` for
 * bits of a value, `{high, low}` for concatenation, `sext64(x)` and `zext64(x)` for extensions.
 */
export function printExpression(
  expression: Expression,
  shared: SharedNames = nothingShared,
): string {
  return print(expression, shared).text;
}

/** The operation whose value and flags a float expression gives. */
export function printOperation(operation: FloatOperation, shared: SharedNames): string {
  const { operator, format, resultWidth, operands, roundingMode, accrued } = operation;
  const list = operands.map((operand) => printExpression(operand, shared));
  const mode = `mode: ${printExpression(roundingMode, shared)}`;
  const flags = `flags: ${printExpression(accrued, shared)}`;
  const to = resultWidth === format ? "" : `.to${resultWidth}`;
  return `f${format}.${operator}${to}(${[...list, mode, flags].join(", ")})`;
}

function print(expression: Expression, shared: SharedNames): Printed {
  const name = shared.expressions.get(expression);
  return name === undefined ? printAnew(expression, shared) : atom(name);
}

/** The text of an expression itself, whether or not it has a name. */
export function printUnnamed(expression: Expression, shared: SharedNames): string {
  return printAnew(expression, shared).text;
}

const atom = (text: string): Printed => ({ text, tightness: tightness.postfix });

function printAnew(expression: Expression, shared: SharedNames): Printed {
  const inner = (operand: Expression, least: number = tightness.lowest): string => {
    const printed = print(operand, shared);
    return printed.tightness < least ? `(${printed.text})` : printed.text;
  };
  const operation = (text: string): Printed => ({ text, tightness: tightness.operator });
  switch (expression.kind) {
    case "constant":
      return atom(printConstant(expression.value, expression.width));
    case "field":
      return atom(expression.name);
    case "temporary":
      return atom(`t${expression.id}`);
    case "variable":
      return atom(`v${expression.id}`);
    case "pc":
    case "nextPc":
    case "retired":
      return atom(expression.kind);
    case "unary":
      return expression.operator === "not"
        ? { text: `~${inner(expression.operand, tightness.prefix)}`, tightness: tightness.prefix }
        : atom(`${expression.operator}(${inner(expression.operand)})`);
    case "binary":
    case "compare": {
      const { operator, left, right } = expression;
      const symbol = infix[operator];
      if (symbol === undefined) return atom(`${operator}(${inner(left)}, ${inner(right)})`);
      return operation(
        `${inner(left, tightness.prefix)} ${symbol} ${inner(right, tightness.prefix)}`,
      );
    }
    case "extract": {
      const { low, width, operand } = expression;
      const range = width === 1 ? `${low}` : `${low + width - 1}:${low}`;
      return atom(`${inner(operand, tightness.postfix)}[${range}]`);
    }
    case "extend": {
      const extension = expression.signed ? "sext" : "zext";
      return atom(`${extension}${expression.width}(${inner(expression.operand)})`);
    }
    case "concat":
      return atom(`{${inner(expression.high)}, ${inner(expression.low)}}`);
    case "select": {
      const { condition, then, else: otherwise } = expression;
      const test = inner(condition, tightness.prefix);
      return operation(
        `${test} ? ${inner(then, tightness.prefix)} : ${inner(otherwise, tightness.prefix)}`,
      );
    }
    case "float": {
      const text =
        shared.operations.get(expression.operation) ?? printOperation(expression.operation, shared);
      return atom(`${text}.${expression.result}`);
    }
    case "free":
      return atom(`${expression.freedom}(${inner(expression.choice)})`);
  }
}

/** Small numbers in decimal, negative ones included; others in hexadecimal. */
function printConstant(value: bigint, width: number): string {
  const signed = BigInt.asIntN(width, value);
  if (value < 256n) return value.toString();
  return signed > -256n && signed < 0n ? signed.toString() : `0x${value.toString(16)}`;
}
