/**
 * Functions of a generated module for operators that WebAssembly lacks or defines differently,
 * each made when first used.
 */
import type { BinaryOperator } from "@isovm/isa-spec";
import type { FunctionBuilder, FunctionIndex, ModuleBuilder } from "../emit/index.ts";
import { unsupported } from "./arithmetic.ts";
import { clearUpper, pushConstant, spreadSign, typeOf } from "./representation.ts";

type Body = (code: FunctionBuilder, width: number) => void;

/** Operators that are calls rather than inline code. */
export class RuntimeLibrary {
  readonly #module: ModuleBuilder;
  readonly #functions = new Map<string, FunctionIndex>();

  constructor(module: ModuleBuilder) {
    this.#module = module;
  }

  /** Calls the function for `operator` on two values of `width` bits on the stack. */
  call(code: FunctionBuilder, operator: BinaryOperator, width: number): void {
    code.call(this.#function(operator, width));
  }

  #function(operator: BinaryOperator, width: number): FunctionIndex {
    const name = `${operator}${width}`;
    const known = this.#functions.get(name);
    if (known !== undefined) return known;
    const type = typeOf(width);
    const index = this.#module.declareFunction(name, [type, type], [type]);
    this.#functions.set(name, index);
    const body = bodies[operator];
    if (!body) throw new RangeError(`${operator} is lowered inline`);
    this.#module.defineFunction(index, (code) => body(code, width));
    return index;
  }
}

const bodies: Partial<Record<BinaryOperator, Body>> = {
  divUnsigned: (code, width) =>
    guarded(
      code,
      width,
      () => pushConstant(code, width, ones(width)),
      () => divide(code, width, false),
    ),
  remUnsigned: (code, width) =>
    guarded(
      code,
      width,
      () => first(code),
      () => remainder(code, width, false),
    ),
  remSigned: (code, width) =>
    guarded(
      code,
      width,
      () => first(code),
      () => remainder(code, width, true),
    ),
  divSigned: (code, width) => {
    const i32 = typeOf(width) === "i32";
    const byZero = (): void => {
      pushConstant(code, width, 1n);
      pushConstant(code, width, ones(width));
      first(code);
      spreadSign(code, width);
      pushConstant(code, width, 0n);
      if (i32) code.i32LtS();
      else code.i64LtS();
      code.select();
    };
    guarded(code, width, byZero, () => {
      // The quotient by -1 is the negation, which wraps where WebAssembly traps.
      second(code);
      pushConstant(code, width, ones(width));
      if (i32) code.i32Eq();
      else code.i64Eq();
      code.if(
        typeOf(width),
        () => {
          pushConstant(code, width, 0n);
          first(code);
          if (i32) code.i32Sub();
          else code.i64Sub();
          clearUpper(code, width);
        },
        () => divide(code, width, true),
      );
    });
  },
  mulHighUnsigned: (code, width) => mulHigh(code, width, false, false),
  mulHighSigned: (code, width) => mulHigh(code, width, true, true),
  mulHighSignedUnsigned: (code, width) => mulHigh(code, width, true, false),
};

function ones(width: number): bigint {
  return (1n << BigInt(width)) - 1n;
}

function first(code: FunctionBuilder): void {
  const local = code.params[0];
  if (local) code.localGet(local);
}

function second(code: FunctionBuilder): void {
  const local = code.params[1];
  if (local) code.localGet(local);
}

function guarded(
  code: FunctionBuilder,
  width: number,
  byZero: () => void,
  otherwise: () => void,
): void {
  second(code);
  if (typeOf(width) === "i32") code.i32Eqz();
  else code.i64Eqz();
  code.if(typeOf(width), byZero, otherwise);
}

function operands(code: FunctionBuilder, width: number, signed: boolean): void {
  first(code);
  if (signed) spreadSign(code, width);
  second(code);
  if (signed) spreadSign(code, width);
}

function divide(code: FunctionBuilder, width: number, signed: boolean): void {
  operands(code, width, signed);
  if (typeOf(width) === "i32") signed ? code.i32DivS() : code.i32DivU();
  else signed ? code.i64DivS() : code.i64DivU();
  if (signed) clearUpper(code, width);
}

function remainder(code: FunctionBuilder, width: number, signed: boolean): void {
  operands(code, width, signed);
  if (typeOf(width) === "i32") signed ? code.i32RemS() : code.i32RemU();
  else signed ? code.i64RemS() : code.i64RemU();
  if (signed) clearUpper(code, width);
}

/** The high half of a product, from four partial products of 32 bits for 64-bit operands. */
function mulHigh(
  code: FunctionBuilder,
  width: number,
  leftSigned: boolean,
  rightSigned: boolean,
): void {
  if (typeOf(width) === "i32") {
    widen(code, width, leftSigned, first);
    widen(code, width, rightSigned, second);
    code.i64Mul();
    code.i64Const(width);
    code.i64ShrU();
    code.i32WrapI64();
    clearUpper(code, width);
    return;
  }
  if (width !== 64) throw unsupported(`the high half of a product of ${width} bits`);
  const low = 0xffffffff;
  const part = (push: (code: FunctionBuilder) => void, high: boolean): void => {
    push(code);
    code.i64Const(high ? 32 : low);
    if (high) code.i64ShrU();
    else code.i64And();
  };
  const middle = code.local("i64", "middle");
  const cross = code.local("i64", "cross");
  part(first, true);
  part(second, false);
  code.i64Mul();
  part(first, false);
  part(second, false);
  code.i64Mul();
  code.i64Const(32);
  code.i64ShrU();
  code.i64Add();
  code.localSet(middle);
  part(first, false);
  part(second, true);
  code.i64Mul();
  code.localGet(middle);
  code.i64Const(low);
  code.i64And();
  code.i64Add();
  code.localSet(cross);
  part(first, true);
  part(second, true);
  code.i64Mul();
  code.localGet(middle);
  code.i64Const(32);
  code.i64ShrU();
  code.i64Add();
  code.localGet(cross);
  code.i64Const(32);
  code.i64ShrU();
  code.i64Add();
  // A negative factor counts 2^64 too much: subtract the other one.
  if (leftSigned) subtractIfNegative(code, first, second);
  if (rightSigned) subtractIfNegative(code, second, first);
}

function subtractIfNegative(
  code: FunctionBuilder,
  factor: (code: FunctionBuilder) => void,
  other: (code: FunctionBuilder) => void,
): void {
  other(code);
  factor(code);
  code.i64Const(63);
  code.i64ShrS();
  code.i64And();
  code.i64Sub();
}

function widen(
  code: FunctionBuilder,
  width: number,
  signed: boolean,
  push: (code: FunctionBuilder) => void,
): void {
  push(code);
  if (signed) {
    spreadSign(code, width);
    code.i64ExtendI32S();
  } else {
    code.i64ExtendI32U();
  }
}
