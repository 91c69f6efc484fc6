/**
 * The IR's operators in WebAssembly. WebAssembly traps on division by zero and takes shift amounts
 * modulo the type's width, where the IR is total; what differs is written out here.
 */
import type {
  BinaryOperator,
  ComparisonOperator,
  Expression,
  UnaryOperator,
} from "@isovm/isa-spec";
import type { FunctionBuilder } from "../emit/index.ts";
import { clearUpper, isFull, pushConstant, resize, spreadSign, typeOf } from "./representation.ts";
import type { RuntimeLibrary } from "./runtime-library.ts";

/** Code that pushes one value. */
export type Push = () => void;

/** The largest value that an unsigned expression can have, as far as its shape tells. */
export function upperBound(expression: Expression): bigint {
  const all = (1n << BigInt(expression.width)) - 1n;
  switch (expression.kind) {
    case "constant":
      return expression.value;
    case "extend":
      return expression.signed ? all : upperBound(expression.operand);
    case "binary": {
      if (expression.operator !== "and") return all;
      const left = upperBound(expression.left);
      const right = upperBound(expression.right);
      if (left < right) return left;
      return right;
    }
    case "extract": {
      const bound = upperBound(expression.operand) >> BigInt(expression.low);
      return bound < all ? bound : all;
    }
    case "select": {
      const left = upperBound(expression.then);
      const right = upperBound(expression.else);
      if (left > right) return left;
      return right;
    }
    default:
      return all;
  }
}

/** Pushes `left operator right`. */
export function lowerBinary(
  code: FunctionBuilder,
  library: RuntimeLibrary,
  expression: Extract<Expression, { kind: "binary" }>,
  push: (expression: Expression) => void,
): void {
  const { operator, width, left, right } = expression;
  const i32 = typeOf(width) === "i32";
  const simple = i32 ? simple32[operator] : simple64[operator];
  if (simple) {
    push(left);
    push(right);
    simple.emit(code);
    if (simple.overflows) clearUpper(code, width);
    return;
  }
  switch (operator) {
    case "shiftLeft":
    case "shiftRightLogical":
    case "shiftRightArithmetic":
      return lowerShift(code, expression, push);
    case "rotateLeft":
    case "rotateRight":
      return lowerRotate(code, expression, push);
    default:
      library.lower(code, expression, push);
  }
}

interface Simple {
  readonly emit: (code: FunctionBuilder) => void;
  /** The result can have bits above the width. */
  readonly overflows?: boolean;
}

const simple32: Partial<Record<BinaryOperator, Simple>> = {
  add: { emit: (code) => code.i32Add(), overflows: true },
  sub: { emit: (code) => code.i32Sub(), overflows: true },
  mul: { emit: (code) => code.i32Mul(), overflows: true },
  and: { emit: (code) => code.i32And() },
  or: { emit: (code) => code.i32Or() },
  xor: { emit: (code) => code.i32Xor() },
};

const simple64: Partial<Record<BinaryOperator, Simple>> = {
  add: { emit: (code) => code.i64Add(), overflows: true },
  sub: { emit: (code) => code.i64Sub(), overflows: true },
  mul: { emit: (code) => code.i64Mul(), overflows: true },
  and: { emit: (code) => code.i64And() },
  or: { emit: (code) => code.i64Or() },
  xor: { emit: (code) => code.i64Xor() },
};

function lowerShift(
  code: FunctionBuilder,
  { operator, width, left, right }: Extract<Expression, { kind: "binary" }>,
  push: (expression: Expression) => void,
): void {
  const i32 = typeOf(width) === "i32";
  const arithmetic = operator === "shiftRightArithmetic";
  const limit = BigInt(width);
  const bounded = upperBound(right) < limit;
  push(left);
  if (arithmetic) spreadSign(code, width);
  if (bounded) {
    push(right);
  } else if (arithmetic) {
    // min(amount, width - 1)
    const amount = code.local(typeOf(width));
    push(right);
    code.localTee(amount);
    pushConstant(code, width, limit - 1n);
    code.localGet(amount);
    pushConstant(code, width, limit);
    if (i32) code.i32LtU();
    else code.i64LtU();
    code.select();
  } else {
    const amount = code.local(typeOf(width));
    push(right);
    code.localTee(amount);
    shiftInstruction(code, operator, i32);
    pushConstant(code, width, 0n);
    code.localGet(amount);
    pushConstant(code, width, limit);
    if (i32) code.i32LtU();
    else code.i64LtU();
    code.select();
    if (operator === "shiftLeft") clearUpper(code, width);
    return;
  }
  shiftInstruction(code, operator, i32);
  if (operator !== "shiftRightLogical") clearUpper(code, width);
}

function shiftInstruction(code: FunctionBuilder, operator: BinaryOperator, i32: boolean): void {
  if (operator === "shiftLeft") return i32 ? code.i32Shl() : code.i64Shl();
  if (operator === "shiftRightLogical") return i32 ? code.i32ShrU() : code.i64ShrU();
  return i32 ? code.i32ShrS() : code.i64ShrS();
}

function lowerRotate(
  code: FunctionBuilder,
  { operator, width, left, right }: Extract<Expression, { kind: "binary" }>,
  push: (expression: Expression) => void,
): void {
  const leftwards = operator === "rotateLeft";
  if (isFull(width)) {
    push(left);
    push(right);
    if (width === 32) return leftwards ? code.i32Rotl() : code.i32Rotr();
    return leftwards ? code.i64Rotl() : code.i64Rotr();
  }
  const i32 = typeOf(width) === "i32";
  const value = code.local(typeOf(width));
  const amount = code.local(typeOf(width));
  push(left);
  code.localSet(value);
  push(right);
  pushConstant(code, width, BigInt(width));
  if (i32) code.i32RemU();
  else code.i64RemU();
  code.localSet(amount);
  code.localGet(value);
  code.localGet(amount);
  shiftInstruction(code, leftwards ? "shiftLeft" : "shiftRightLogical", i32);
  code.localGet(value);
  pushConstant(code, width, BigInt(width));
  code.localGet(amount);
  if (i32) code.i32Sub();
  else code.i64Sub();
  shiftInstruction(code, leftwards ? "shiftRightLogical" : "shiftLeft", i32);
  if (i32) code.i32Or();
  else code.i64Or();
  clearUpper(code, width);
}

/** Pushes the bit `left operator right`. */
export function lowerComparison(
  code: FunctionBuilder,
  operator: ComparisonOperator,
  width: number,
  left: Push,
  right: Push,
): void {
  const signed = operator === "lessSigned" || operator === "lessEqualSigned";
  left();
  if (signed) spreadSign(code, width);
  right();
  if (signed) spreadSign(code, width);
  const i32 = typeOf(width) === "i32";
  switch (operator) {
    case "equal":
      return i32 ? code.i32Eq() : code.i64Eq();
    case "lessUnsigned":
      return i32 ? code.i32LtU() : code.i64LtU();
    case "lessSigned":
      return i32 ? code.i32LtS() : code.i64LtS();
    case "lessEqualUnsigned":
      return i32 ? code.i32LeU() : code.i64LeU();
    case "lessEqualSigned":
      return i32 ? code.i32LeS() : code.i64LeS();
  }
}

/** Replaces the value on the stack by `operator` of it. */
export function lowerUnary(code: FunctionBuilder, operator: UnaryOperator, width: number): void {
  const i32 = typeOf(width) === "i32";
  const bits = i32 ? 32 : 64;
  switch (operator) {
    case "not":
      if (width === 1) return code.i32Eqz();
      pushConstant(code, width, (1n << BigInt(width)) - 1n);
      return i32 ? code.i32Xor() : code.i64Xor();
    case "countLeadingZeros":
      if (i32) code.i32Clz();
      else code.i64Clz();
      if (width === bits) return;
      pushConstant(code, width, BigInt(bits - width));
      return i32 ? code.i32Sub() : code.i64Sub();
    case "countTrailingZeros":
      if (width !== bits) {
        pushConstant(code, bits, 1n << BigInt(width));
        if (i32) code.i32Or();
        else code.i64Or();
      }
      return i32 ? code.i32Ctz() : code.i64Ctz();
    case "populationCount":
      return i32 ? code.i32Popcnt() : code.i64Popcnt();
  }
}

/** Pushes bits `low` and up, `width` of them, of the operand. */
export function lowerExtract(
  code: FunctionBuilder,
  { low, width, operand }: Extract<Expression, { kind: "extract" }>,
  push: (expression: Expression) => void,
): void {
  push(operand);
  const i32 = typeOf(operand.width) === "i32";
  if (low > 0) {
    pushConstant(code, operand.width, BigInt(low));
    if (i32) code.i32ShrU();
    else code.i64ShrU();
  }
  resize(code, operand.width, width);
  const exact = low + width === operand.width;
  if (!exact) clearUpper(code, width);
}

/** Pushes the operand, extended. */
export function lowerExtend(
  code: FunctionBuilder,
  { width, signed, operand }: Extract<Expression, { kind: "extend" }>,
  push: (expression: Expression) => void,
): void {
  if (!signed) {
    push(operand);
    resize(code, operand.width, width);
    return;
  }
  const i64 = typeOf(width) === "i64";
  // Sign extension of the low 8, 16 or 32 bits of an i64 is one instruction.
  if (i64 && operand.kind === "extract" && operand.low === 0 && operand.operand.width > 32) {
    const narrow = { 8: "i64Extend8S", 16: "i64Extend16S", 32: "i64Extend32S" } as const;
    const method = narrow[operand.width as 8 | 16 | 32];
    if (method) {
      push(operand.operand);
      code[method]();
      clearUpper(code, width);
      return;
    }
  }
  push(operand);
  spreadSign(code, operand.width);
  if (i64 && typeOf(operand.width) === "i32") code.i64ExtendI32S();
  clearUpper(code, width);
}

/** Pushes `high` above `low`. */
export function lowerConcat(
  code: FunctionBuilder,
  { width, high, low }: Extract<Expression, { kind: "concat" }>,
  push: (expression: Expression) => void,
): void {
  push(high);
  resize(code, high.width, width);
  pushConstant(code, width, BigInt(low.width));
  if (typeOf(width) === "i32") code.i32Shl();
  else code.i64Shl();
  push(low);
  resize(code, low.width, width);
  if (typeOf(width) === "i32") code.i32Or();
  else code.i64Or();
}
