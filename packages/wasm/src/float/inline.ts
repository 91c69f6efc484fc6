/**
 * The operations that are worth expanding in place: their common case is a few instructions, less
 * than a call. Everything else about them stays in the library's functions.
 */
import type { float } from "@isovm/isa-spec";
import type { FunctionBuilder } from "../emit/function-builder.ts";
import type { FunctionIndex, Local, Signature } from "../emit/types.ts";
import type { NativeFormat } from "./layout.ts";
import { isNan, isOrdinary, isSteady } from "./rounded.ts";
import { type Operator, type Term, TermBuilder } from "./terms.ts";

interface InlineArithmetic {
  readonly operator: Operator;
  readonly underflows: boolean;
}

const arithmetic: Partial<Record<float.FloatOperatorName, InlineArithmetic>> = {
  add: { operator: "add", underflows: false },
  subtract: { operator: "sub", underflows: false },
  multiply: { operator: "mul", underflows: true },
  divide: { operator: "div", underflows: true },
  squareRoot: { operator: "sqrt", underflows: false },
};

const relations: Partial<Record<float.FloatOperatorName, Operator>> = {
  compareEqual: "eq",
  compareLess: "lt",
  compareLessEqual: "le",
  compareLessQuiet: "lt",
  compareLessEqualQuiet: "le",
};

/** The locals that expansions in one function body share: none is live after its expansion. */
const scratch = new WeakMap<FunctionBuilder, Map<string, Local>>();

function pop(code: FunctionBuilder, type: Local["type"], name: string): Term {
  let locals = scratch.get(code);
  if (locals === undefined) {
    locals = new Map();
    scratch.set(code, locals);
  }
  const key = `${name}:${type}`;
  let local = locals.get(key);
  if (local === undefined) {
    local = code.local(type, name);
    locals.set(key, local);
  }
  const popped = local;
  code.localSet(popped);
  return { type, emit: () => code.localGet(popped) };
}

/**
 * Emits an operation, whose function is `callee`, in place: operands, mode and accrued flags are
 * taken from the stack, value and flags are left on it.
 */
export function emitInline(
  code: FunctionBuilder,
  operator: float.FloatOperatorName,
  n: NativeFormat,
  signature: Signature,
  callee: FunctionIndex,
): void {
  const rounded = arithmetic[operator];
  const relation = relations[operator];
  if (rounded === undefined && relation === undefined) {
    code.call(callee);
    return;
  }
  const t = new TermBuilder(code);
  const accrued = pop(code, "i32", "accrued");
  const mode = pop(code, "i32", "mode");
  const second = signature.params.length === 4 ? pop(code, n.integer, "b") : undefined;
  const a = pop(code, n.integer, "a");
  const operands = second === undefined ? [a] : [a, second];
  const x = t.reinterpret(a);
  const y = second === undefined ? [] : [t.reinterpret(second)];
  const results = { params: [], results: signature.results };
  const otherwise = (): void => {
    for (const term of [...operands, mode, accrued]) term.emit();
    code.call(callee);
  };
  const keep = (value: Term): Term => {
    value.emit();
    return pop(code, value.type, "value");
  };
  const decide = (condition: Term, value: Term): void => {
    condition.emit();
    code.if(
      results,
      () => {
        value.emit();
        accrued.emit();
      },
      otherwise,
    );
  };
  if (rounded !== undefined) {
    const bits = keep(t.reinterpret(t.op(rounded.operator, x, ...y)));
    const magnitude = t.op("and", bits, t.integer(n.integer, n.magnitudeMask));
    const steady = isSteady({ t, mode, accrued });
    decide(t.and(steady, isOrdinary(t, n, magnitude, rounded.underflows)), bits);
  } else if (relation !== undefined) {
    const ordered = t.not(t.or(isNan(t, x), ...y.map((other) => isNan(t, other))));
    decide(ordered, t.op(relation, x, ...y));
  }
}
