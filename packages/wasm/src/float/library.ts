/**
 * The library of floating-point functions of one module.
 */
import {
  type FloatOperation,
  type FloatPolicy,
  float,
  otherWidthOf,
  UnsupportedError,
} from "@isovm/isa-spec";
import type { FunctionBuilder } from "../emit/function-builder.ts";
import type { ModuleBuilder } from "../emit/module-builder.ts";
import type { FunctionIndex, Signature } from "../emit/types.ts";
import { emitProduct, emitQuotient, emitSquareRoot, emitSum } from "./arithmetic.ts";
import { emitClass, emitComparison, emitSelection } from "./comparisons.ts";
import {
  emitFromInteger,
  emitIntegral,
  emitNarrow,
  emitToInteger,
  emitWiden,
} from "./conversions.ts";
import { emitFusedDouble, emitFusedSingle } from "./fused.ts";
import { emitInline, type InlineFloatOptions } from "./inline.ts";
import { type NativeFormat, nativeFormat } from "./layout.ts";
import { type FloatFunction, returnSlow } from "./rounded.ts";
import { operationCode, slowImport } from "./slow.ts";
import { TermBuilder } from "./terms.ts";

type Emitter = (f: FloatFunction) => void;

/** The widths, in bits, of an operation's operands and of its result. */
interface Widths {
  readonly operand: number;
  readonly result: number;
}

function widthsOf(operator: float.FloatOperatorName, format: number, otherWidth: number): Widths {
  switch (float.floatOperatorRows[operator].other) {
    case "resultFormat":
    case "integerResult":
      return { operand: format, result: otherWidth };
    case "integerOperand":
      return { operand: otherWidth, result: format };
    case "none":
      if (operator === "classify") return { operand: format, result: 10 };
      return { operand: format, result: operator.startsWith("compare") ? 1 : format };
  }
}

function integerWidth(width: number): 32 | 64 | undefined {
  return width === 32 || width === 64 ? width : undefined;
}

/** The fast emitter of an operation, or `undefined` where there is only the slow path. */
function emitterOf(
  operator: float.FloatOperatorName,
  n: NativeFormat,
  otherWidth: number,
): Emitter | undefined {
  const width = integerWidth(otherWidth);
  switch (operator) {
    case "add":
      return (f) => emitSum(f, n, false);
    case "subtract":
      return (f) => emitSum(f, n, true);
    case "multiply":
      return (f) => emitProduct(f, n);
    case "divide":
      return (f) => emitQuotient(f, n);
    case "squareRoot":
      return (f) => emitSquareRoot(f, n);
    case "fusedMultiplyAdd":
      return n.width === 32 ? emitFusedSingle : emitFusedDouble;
    case "minimumNumber":
      return (f) => emitSelection(f, n, "min");
    case "maximumNumber":
      return (f) => emitSelection(f, n, "max");
    case "compareEqual":
      return (f) => emitComparison(f, "eq", true);
    case "compareLess":
      return (f) => emitComparison(f, "lt", false);
    case "compareLessEqual":
      return (f) => emitComparison(f, "le", false);
    case "compareLessQuiet":
      return (f) => emitComparison(f, "lt", true);
    case "compareLessEqualQuiet":
      return (f) => emitComparison(f, "le", true);
    case "classify":
      return (f) => emitClass(f, n);
    case "roundToIntegral":
      return (f) => emitIntegral(f, n, false);
    case "roundToIntegralExact":
      return (f) => emitIntegral(f, n, true);
    case "convertFormat":
      if (n.width === 32) return otherWidth === 64 ? emitWiden : undefined;
      return otherWidth === 32 ? emitNarrow : undefined;
    case "toSigned":
      return width && ((f) => emitToInteger(f, width, true));
    case "toUnsigned":
      return width && ((f) => emitToInteger(f, width, false));
    case "fromSigned":
      return width && ((f) => emitFromInteger(f, n, width, true));
    case "fromUnsigned":
      return width && ((f) => emitFromInteger(f, n, width, false));
  }
}

/**
 * Floating-point operations as functions of the module being built, each created when it is first
 * asked for.
 *
 * A function takes the operands' patterns, the rounding mode and the flags already raised, and
 * returns the result's pattern and those flags with the newly raised ones:
 * `(a[, b[, c]], mode: i32, accrued: i32) -> (value, flags: i32)`. A pattern of up to 32 bits is an
 * i32 with the unused bits zero, a wider one an i64. Operations that don't round ignore the mode.
 *
 * Values and flags are those of isa-spec's definition, always. What the host computes natively is
 * fast; the rest calls the import that `floatImports` provides.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { float } from "@isovm/isa-spec";
 * import { FloatLibrary, floatImports, ModuleBuilder } from "@isovm/wasm";
 *
 * const module = new ModuleBuilder();
 * const library = new FloatLibrary(module, float.canonicalFloatPolicy);
 * module.exportFunction("add", library.function("add", 32));
 * const imports = { ...floatImports(float.canonicalFloatPolicy) };
 * const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), imports);
 * const add = exports.add as (a: number, b: number, mode: number, accrued: number) => number[];
 * assert.deepEqual(add(0x3f800000, 0x33800000, 0, 0), [0x3f800000, 1]);
 * ```
 */
export class FloatLibrary {
  readonly policy: FloatPolicy;
  readonly #module: ModuleBuilder;
  readonly #slow: FunctionIndex;
  readonly #functions = new Map<number, FunctionIndex>();

  /** Adds the slow path's import to a module, which must not have defined a function yet. */
  constructor(module: ModuleBuilder, policy: FloatPolicy) {
    this.policy = policy;
    this.#module = module;
    this.#slow = module.importFunction(
      slowImport.module,
      slowImport.name,
      ["i32", "i64", "i64", "i64", "i32"],
      ["i64", "i32"],
    );
  }

  /** The parameters and results of an operation's function. */
  signature(operator: float.FloatOperatorName, format: number, otherWidth = 0): Signature {
    const widths = widthsOf(operator, format, otherWidth);
    for (const width of [widths.operand, widths.result]) {
      if (width < 1 || width > 64) {
        throw new UnsupportedError(`${operator}: a pattern of ${width} bits fits no i64`, {
          feature: `float ${operator}, ${width} bits`,
        });
      }
    }
    const type = (width: number) => (width <= 32 ? "i32" : "i64");
    const operands = new Array(float.floatOperatorRows[operator].arity).fill(type(widths.operand));
    return { params: [...operands, "i32", "i32"], results: [type(widths.result), "i32"] };
  }

  /**
   * The function of an operation. `format` is the width of the operands' format (for `from…`, the
   * result's), `otherWidth` that of a conversion's other side.
   *
   * @throws UnsupportedError for patterns wider than 64 bits.
   */
  function(operator: float.FloatOperatorName, format: number, otherWidth = 0): FunctionIndex {
    const operation = operationCode(operator, format, otherWidth);
    const known = this.#functions.get(operation);
    if (known !== undefined) return known;
    const { params, results } = this.signature(operator, format, otherWidth);
    const { arity } = float.floatOperatorRows[operator];
    const suffix = otherWidth === 0 ? `${format}` : `${format}_${otherWidth}`;
    const names = [...["a", "b", "c"].slice(0, arity), "mode", "accrued"];
    const index = this.#module.declareFunction(`${operator}_${suffix}`, params, results, names);
    this.#functions.set(operation, index);
    const native = nativeFormat(format);
    const emit = (native && emitterOf(operator, native, otherWidth)) ?? returnSlow;
    this.#module.defineFunction(index, (code) => {
      const t = new TermBuilder(code);
      const mode = t.params[arity] ?? t.i32(0);
      const accrued = t.params[arity + 1] ?? t.i32(0);
      emit({
        t,
        policy: this.policy,
        operands: t.params.slice(0, arity),
        mode,
        accrued,
        slow: this.#slow,
        operation,
        valueType: results[0] === "i32" ? "i32" : "i64",
      });
      // Every path has returned.
      code.unreachable();
    });
    return index;
  }

  /**
   * Emits an operation in place: operands, mode and accrued flags are taken from the stack, value
   * and flags are left on it, as a call of {@link FloatLibrary.function} would. The common case of
   * the cheap operations is expanded, the rest is such a call.
   */
  emit(
    code: FunctionBuilder,
    operator: float.FloatOperatorName,
    format: number,
    otherWidth = 0,
    options: InlineFloatOptions = {},
  ): void {
    const callee = (): FunctionIndex => this.function(operator, format, otherWidth);
    const native = nativeFormat(format);
    if (native === undefined) return code.call(callee());
    const signature = this.signature(operator, format, otherWidth);
    const { policy } = this;
    emitInline(code, { operator, format: native, otherWidth, signature, policy, callee }, options);
  }

  /** Emits an operation of the semantics IR in place, as {@link FloatLibrary.emit}. */
  emitOperation(
    code: FunctionBuilder,
    operation: FloatOperation,
    options: Omit<InlineFloatOptions, "mode"> = {},
  ): void {
    const { operator, format, roundingMode } = operation;
    const converts = float.floatOperatorRows[operator].other !== "none";
    this.emit(code, operator, format, converts ? otherWidthOf(operation) : 0, {
      ...options,
      mode: roundingMode.kind === "constant" ? Number(roundingMode.value) : undefined,
    });
  }
}
