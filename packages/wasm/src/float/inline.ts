/**
 * The operations that are worth expanding in place: their common case is a few instructions, less
 * than a call. Everything else about them stays in the library's functions.
 */
import { type FloatOperation, type FloatPolicy, float } from "@isovm/isa-spec";
import type { FunctionBuilder } from "../emit/function-builder.ts";
import type { FunctionIndex, Label, Local, Signature } from "../emit/types.ts";
import { expansionOf, type Site } from "./expansions.ts";
import type { NativeFormat } from "./layout.ts";
import { type Term, TermBuilder } from "./terms.ts";

/** What is known where an operation is emitted in place, and what its surroundings ask for. */
export interface InlineFloatOptions {
  /** The rounding mode, where it is constant. */
  readonly mode?: number | undefined;
  /**
   * That the inexact flag is among those accrued and that the mode, unless it is constant, is
   * nearest-even. Neither is checked then.
   */
  readonly steady?: boolean;
  /**
   * Emits what happens instead of the call in rare cases. Control must not come out of it at its
   * end: code around a call, even one that is never made, is compiled as if all locals were in
   * memory behind it. Where cases aren't rare the call remains.
   */
  readonly rare?: (() => void) | undefined;
  /** Patterns of binary64 are f64 on the stack, both operands and results. */
  readonly asFloats?: boolean;
}

/** An operation as {@link emitInline} needs it. */
export interface InlineOperation {
  readonly operator: float.FloatOperatorName;
  readonly format: NativeFormat;
  readonly otherWidth: number;
  readonly signature: Signature;
  readonly policy: FloatPolicy;
  /** The operation's function. */
  readonly callee: () => FunctionIndex;
}

/** Which values of an operation are patterns of binary64 that can be f64. */
export interface Binary64Patterns {
  readonly operands: boolean;
  readonly result: boolean;
}

/**
 * Whether an operation's operands and its result are patterns of binary64 that can be f64; not so
 * for operations of formats that the host doesn't have.
 */
export function binary64Patterns(
  operation: Pick<FloatOperation, "format" | "resultWidth"> & {
    readonly operator: float.FloatOperatorName;
  },
): Binary64Patterns {
  const { operator, format, resultWidth } = operation;
  const { other } = float.floatOperatorRows[operator];
  const isNative = format === 32 || format === 64;
  return {
    operands: format === 64 && other !== "integerOperand",
    result: isNative && resultWidth === 64 && other !== "integerResult",
  };
}

/**
 * Emits an operation in place: operands, mode and accrued flags are taken from the stack, value and
 * flags are left on it.
 */
export function emitInline(
  code: FunctionBuilder,
  operation: InlineOperation,
  options: InlineFloatOptions,
): void {
  code.scope(() => new Expansion(code, operation, options).emit());
}

class Expansion {
  readonly #code: FunctionBuilder;
  readonly #t: TermBuilder;
  readonly #operation: InlineOperation;
  readonly #options: InlineFloatOptions;

  constructor(code: FunctionBuilder, operation: InlineOperation, options: InlineFloatOptions) {
    this.#code = code;
    this.#t = new TermBuilder(code);
    this.#operation = operation;
    this.#options = options;
  }

  emit(): void {
    const { operator, format, otherWidth, signature } = this.#operation;
    const { mode: constantMode, steady = false, asFloats = false } = this.#options;
    const code = this.#code;
    const resultWidth = signature.results[0] === "i64" ? 64 : 32;
    const wide = binary64Patterns({ operator, format: format.width, resultWidth });
    const asF64 = { operands: asFloats && wide.operands, result: asFloats && wide.result };
    const flags = this.#pop("i32");
    const mode = this.#pop("i32");
    const operands: Local[] = [];
    for (const type of signature.params.slice(0, -2)) {
      operands.unshift(this.#pop(asF64.operands ? "f64" : type));
    }
    const value = code.local(asF64.result ? "f64" : (signature.results[0] ?? "i32"), "value");
    const knownMode = constantMode ?? (steady ? float.rounding.nearestEven : undefined);
    const expand = expansionOf(operator, format, otherWidth, knownMode);
    const call = (): void => {
      for (const operand of operands) {
        code.localGet(operand);
        if (asF64.operands) code.i64ReinterpretF64();
      }
      code.localGet(mode);
      code.localGet(flags);
      code.call(this.#operation.callee());
      code.localSet(flags);
      if (asF64.result) code.f64ReinterpretI64();
      code.localSet(value);
    };
    if (expand === undefined) call();
    else {
      this.#guard((leave) => {
        const result = expand(this.#site(operands, mode, flags, leave));
        (result.type === value.type ? result : this.#t.reinterpret(result)).emit();
        code.localSet(value);
      }, this.#options.rare ?? call);
    }
    code.localGet(value);
    code.localGet(flags);
  }

  /** Emits `fast`, and `rare` for when it leaves. */
  #guard(fast: (leave: () => Label) => void, rare: () => void): void {
    const code = this.#code;
    const done = code.beginBlock();
    const leave = code.beginBlock();
    let left = false;
    fast(() => {
      left = true;
      return leave;
    });
    code.br(done);
    code.end(leave);
    if (left) rare();
    else code.unreachable();
    code.end(done);
  }

  #site(operands: readonly Local[], mode: Local, flags: Local, leave: () => Label): Site {
    const t = this.#t;
    const code = this.#code;
    const { mode: constantMode, steady = false } = this.#options;
    const { format, operator, policy } = this.#operation;
    const get = (local: Local): Term => ({ type: local.type, emit: () => code.localGet(local) });
    const unless = (condition: Term): void => {
      t.not(condition).emit();
      code.brIf(leave());
    };
    const isInteger = float.floatOperatorRows[operator].other === "integerOperand";
    const asFloat = (term: Term): Term =>
      term.type.startsWith("f") || isInteger ? term : t.let("x", t.reinterpret(term));
    const [x, y] = operands.map((operand) => asFloat(get(operand)));
    if (x === undefined) throw new RangeError(`${operator} has an operand`);
    return {
      t,
      format,
      x,
      y: y ?? x,
      steady,
      policy,
      accrued: get(flags),
      need: unless,
      needNearest: () => {
        if (constantMode === undefined && !steady) unless(t.not(get(mode)));
      },
      needInexact: () => {
        if (!steady) unless(t.op("and", get(flags), t.i32(float.flag.inexact)));
      },
      raise: (raised) => {
        t.or(get(flags), raised).emit();
        code.localSet(flags);
      },
    };
  }

  #pop(type: Local["type"]): Local {
    const local = this.#code.local(type, "popped");
    this.#code.localSet(local);
    return local;
  }
}
