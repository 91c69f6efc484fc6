/** Widths of expressions: every operator's operands fit each other and its result. */
import type { Expression, FloatOperation } from "../ir/expression.ts";

/** What is wrong with the widths of one expression, its operands' insides aside. */
export function widthProblem(expression: Expression): string | undefined {
  const { width } = expression;
  const differs = (what: string, found: number, needed: number): string | undefined =>
    found === needed ? undefined : `${what} of ${found} bits stands where ${needed} are needed`;
  switch (expression.kind) {
    case "constant":
      return BigInt.asUintN(width, expression.value) === expression.value
        ? undefined
        : `the constant ${expression.value} does not fit ${width} bits`;
    case "field":
    case "temporary":
    case "variable":
    case "pc":
    case "nextPc":
      return undefined;
    case "retired":
      return differs("the number of retired instructions", width, 64);
    case "unary":
      return differs(`an operand of ${expression.operator}`, expression.operand.width, width);
    case "binary":
      return (
        differs(`an operand of ${expression.operator}`, expression.left.width, width) ??
        differs(`an operand of ${expression.operator}`, expression.right.width, width)
      );
    case "compare":
      return (
        differs("the result of a comparison", width, 1) ??
        differs(
          `an operand of ${expression.operator}`,
          expression.right.width,
          expression.left.width,
        )
      );
    case "extract":
      return expression.low >= 0 && expression.low + width <= expression.operand.width
        ? undefined
        : `bits ${expression.low} to ${expression.low + width - 1} are extracted from ${expression.operand.width}`;
    case "extend":
      return expression.operand.width <= width
        ? undefined
        : `${expression.operand.width} bits are extended to ${width}`;
    case "concat":
      return differs("a concatenation", expression.high.width + expression.low.width, width);
    case "select":
      return (
        differs("a condition", expression.condition.width, 1) ??
        differs("an alternative", expression.then.width, width) ??
        differs("an alternative", expression.else.width, width)
      );
    case "free":
      return differs("a choice", expression.choice.width, width);
    case "float":
      return (
        differs(
          "flags or a value",
          width,
          expression.result === "flags" ? 5 : expression.operation.resultWidth,
        ) ??
        differs("a rounding mode", expression.operation.roundingMode.width, 3) ??
        differs("accrued flags", expression.operation.accrued.width, 5) ??
        floatOperandProblem(expression.operation)
      );
  }
}

function floatOperandProblem(operation: FloatOperation): string | undefined {
  const { operator, operands, format } = operation;
  if (operator === "fromSigned" || operator === "fromUnsigned") return undefined;
  const wrong = operands.find((operand) => operand.width !== format);
  return wrong && `an operand of ${operator} has ${wrong.width} bits, not ${format}`;
}
