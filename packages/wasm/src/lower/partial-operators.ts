/**
 * Operators that WebAssembly lacks or traps in, made of what it has: division, which the IR defines
 * for a divisor of zero and for a quotient that overflows, and the high halves of products.
 */
import type { BinaryOperator } from "@isovm/isa-spec";
import type { FunctionBuilder } from "../emit/index.ts";
import type { Push } from "./arithmetic.ts";
import { clearUpper, isFull, pushConstant, spreadSign, typeOf } from "./representation.ts";
import { unsupported } from "./unsupported.ts";

/** An operand, which is pushed once for each use. */
export interface Operand {
  readonly push: Push;
  /** Its value, if that is known: it spares guards. */
  readonly constant?: bigint | undefined;
}

/** The operands of an operator, both of `width` bits. */
export interface Operands {
  readonly width: number;
  readonly left: Operand;
  readonly right: Operand;
}

type Emitter = (code: FunctionBuilder, operands: Operands) => void;

/** By operator: what pushes its result. */
export const partialOperators: Partial<Record<BinaryOperator, Emitter>> = {
  divUnsigned: (code, operands) => {
    const { width } = operands;
    guardZero(
      code,
      operands,
      () => pushConstant(code, width, ones(width)),
      () => divide(code, operands, false),
    );
  },
  divSigned: (code, operands) =>
    guardZero(
      code,
      operands,
      () => quotientByZero(code, operands),
      () => divideSigned(code, operands),
    ),
  remUnsigned: (code, operands) =>
    guardZero(code, operands, operands.left.push, () => remainder(code, operands, false)),
  remSigned: (code, operands) =>
    guardZero(code, operands, operands.left.push, () => remainder(code, operands, true)),
  mulHighUnsigned: (code, operands) => mulHigh(code, operands, false, false),
  mulHighSigned: (code, operands) => mulHigh(code, operands, true, true),
  mulHighSignedUnsigned: (code, operands) => mulHigh(code, operands, true, false),
};

function ones(width: number): bigint {
  return (1n << BigInt(width)) - 1n;
}

/** Pushes what `byZero` does if the divisor is zero, else what `otherwise` does. */
function guardZero(
  code: FunctionBuilder,
  { width, right }: Operands,
  byZero: Push,
  otherwise: Push,
): void {
  if (right.constant === 0n) return byZero();
  if (right.constant !== undefined) return otherwise();
  const type = typeOf(width);
  right.push();
  if (type === "i32") code.i32Eqz();
  else code.i64Eqz();
  code.if(type, byZero, otherwise);
}

/** -1, or 1 if the dividend is negative. */
function quotientByZero(code: FunctionBuilder, { width, left }: Operands): void {
  pushConstant(code, width, 1n);
  pushConstant(code, width, ones(width));
  left.push();
  spreadSign(code, width);
  pushConstant(code, width, 0n);
  if (typeOf(width) === "i32") code.i32LtS();
  else code.i64LtS();
  code.select();
}

/** The quotient by what isn't zero; by -1 it is the negation, which wraps where WebAssembly traps. */
function divideSigned(code: FunctionBuilder, operands: Operands): void {
  const { width, left, right } = operands;
  const type = typeOf(width);
  const lowest = 1n << BigInt(width - 1);
  const isLowest = left.constant === undefined || left.constant === lowest;
  const isOnes = right.constant === undefined || right.constant === ones(width);
  // Narrower values have room for the quotient that overflows.
  if (!isFull(width) || !isLowest || !isOnes) return divide(code, operands, true);
  const negate = (): void => {
    pushConstant(code, width, 0n);
    left.push();
    if (type === "i32") code.i32Sub();
    else code.i64Sub();
  };
  if (right.constant !== undefined) return negate();
  right.push();
  pushConstant(code, width, ones(width));
  if (type === "i32") code.i32Eq();
  else code.i64Eq();
  code.if(type, negate, () => divide(code, operands, true));
}

function pushBoth(code: FunctionBuilder, { width, left, right }: Operands, signed: boolean): void {
  left.push();
  if (signed) spreadSign(code, width);
  right.push();
  if (signed) spreadSign(code, width);
}

function divide(code: FunctionBuilder, operands: Operands, signed: boolean): void {
  const { width } = operands;
  pushBoth(code, operands, signed);
  if (typeOf(width) === "i32") signed ? code.i32DivS() : code.i32DivU();
  else signed ? code.i64DivS() : code.i64DivU();
  if (signed) clearUpper(code, width);
}

function remainder(code: FunctionBuilder, operands: Operands, signed: boolean): void {
  const { width } = operands;
  pushBoth(code, operands, signed);
  if (typeOf(width) === "i32") signed ? code.i32RemS() : code.i32RemU();
  else signed ? code.i64RemS() : code.i64RemU();
  if (signed) clearUpper(code, width);
}

/**
 * The high half of a product: of 64-bit operands from four partial products of 32 bits. The upper
 * half of a signed operand is signed, and so is what is carried from its partial products.
 *
 * @see Warren, Hacker's Delight, 2nd edition, 8-2
 */
function mulHigh(
  code: FunctionBuilder,
  { width, left, right }: Operands,
  leftSigned: boolean,
  rightSigned: boolean,
): void {
  if (typeOf(width) === "i32") {
    widen(code, width, leftSigned, left);
    widen(code, width, rightSigned, right);
    code.i64Mul();
    code.i64Const(width);
    code.i64ShrU();
    code.i32WrapI64();
    clearUpper(code, width);
    return;
  }
  if (width !== 64) throw unsupported(`the high half of a product of ${width} bits`);
  const upper = (signed: boolean): void => {
    code.i64Const(32);
    if (signed) code.i64ShrS();
    else code.i64ShrU();
  };
  const lower = (): void => {
    code.i64Const(0xffffffff);
    code.i64And();
  };
  const middle = code.local("i64", "middle");
  const cross = code.local("i64", "cross");
  left.push();
  upper(leftSigned);
  right.push();
  lower();
  code.i64Mul();
  left.push();
  lower();
  right.push();
  lower();
  code.i64Mul();
  upper(false);
  code.i64Add();
  code.localSet(middle);
  left.push();
  lower();
  right.push();
  upper(rightSigned);
  code.i64Mul();
  code.localGet(middle);
  lower();
  code.i64Add();
  code.localSet(cross);
  left.push();
  upper(leftSigned);
  right.push();
  upper(rightSigned);
  code.i64Mul();
  code.localGet(middle);
  upper(leftSigned);
  code.i64Add();
  code.localGet(cross);
  upper(rightSigned);
  code.i64Add();
}

function widen(code: FunctionBuilder, width: number, signed: boolean, { push }: Operand): void {
  push();
  if (signed) {
    spreadSign(code, width);
    code.i64ExtendI32S();
  } else {
    code.i64ExtendI32U();
  }
}
