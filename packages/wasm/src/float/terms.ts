/**
 * Expressions over the emitter: arithmetic reads as a formula and is emitted in the machine's order.
 */
import type { FunctionBuilder } from "../emit/function-builder.ts";
import { type Mnemonic, methodName, rows } from "../emit/opcodes.ts";
import type { ValueType } from "../emit/types.ts";

/** A value that code can be emitted for, once for each use. */
export interface Term {
  readonly type: ValueType;
  readonly emit: () => void;
}

/** Floating-point types, which share the names of most operators. */
type Float = "f32" | "f64";
type Integer = "i32" | "i64";
/** Operators that `op` takes without a type, as the first operand's decides. */
type Suffix<T extends ValueType> = {
  [M in Mnemonic]: M extends `${T}.${infer Name}` ? Name : never;
}[Mnemonic];
/** The name of an operator that both float types or both integer types have. */
export type Operator = (Suffix<"f32"> & Suffix<"f64">) | (Suffix<"i32"> & Suffix<"i64">);

/** Builds terms, and names their values by locals, in one function body. */
export class TermBuilder {
  readonly code: FunctionBuilder;
  readonly params: readonly Term[];

  constructor(code: FunctionBuilder) {
    this.code = code;
    this.params = code.params.map((local) => ({
      type: local.type,
      emit: () => code.localGet(local),
    }));
  }

  /** The result of an instruction without immediates, by its full mnemonic. */
  apply(mnemonic: Mnemonic, ...operands: readonly Term[]): Term {
    const type = rows[mnemonic][3] as ValueType;
    const method = methodName(mnemonic) as "i32Add";
    return {
      type,
      emit: () => {
        for (const operand of operands) operand.emit();
        this.code[method]();
      },
    };
  }

  /** The result of an instruction of the first operand's type. */
  op(operator: Operator, first: Term, ...others: readonly Term[]): Term {
    return this.apply(`${first.type}.${operator}` as Mnemonic, first, ...others);
  }

  i32(value: number): Term {
    return { type: "i32", emit: () => this.code.i32Const(value) };
  }

  f64(value: number): Term {
    return { type: "f64", emit: () => this.code.f64Const(value) };
  }

  /** An integer constant of either type. */
  integer(type: Integer, value: bigint | number): Term {
    return {
      type,
      emit: () =>
        type === "i32" ? this.code.i32Const(Number(value)) : this.code.i64Const(BigInt(value)),
    };
  }

  /** A float constant of either type. */
  float(type: Float, value: number): Term {
    return {
      type,
      emit: () => (type === "f32" ? this.code.f32Const(value) : this.code.f64Const(value)),
    };
  }

  /** Emits the term now and keeps its value in a local; the result reads the local. */
  let(name: string, term: Term): Term {
    const variable = this.variable(term.type, name);
    variable.set(term);
    return variable;
  }

  /** A local that is assigned more than once. */
  variable(type: ValueType, name: string): Term & { readonly set: (value: Term) => void } {
    const { code } = this;
    const local = code.local(type, name);
    return {
      type,
      emit: () => code.localGet(local),
      set: (value) => {
        value.emit();
        code.localSet(local);
      },
    };
  }

  /** `then` if the condition isn't zero, else `otherwise`; both are computed. */
  select(condition: Term, then: Term, otherwise: Term): Term {
    return {
      type: then.type,
      emit: () => {
        then.emit();
        otherwise.emit();
        condition.emit();
        this.code.select();
      },
    };
  }

  and(...terms: readonly [Term, ...Term[]]): Term {
    return terms.reduce((x, y) => this.op("and", x, y));
  }

  or(...terms: readonly [Term, ...Term[]]): Term {
    return terms.reduce((x, y) => this.op("or", x, y));
  }

  not(condition: Term): Term {
    return this.apply("i32.eqz", condition);
  }

  /** Emits code for when the condition isn't zero. */
  when(condition: Term, then: () => void, otherwise?: () => void): void {
    condition.emit();
    this.code.if(then, otherwise);
  }

  /** Emits a return of these values. */
  return(...values: readonly Term[]): void {
    for (const value of values) value.emit();
    this.code.return();
  }

  /** A float's pattern, or an integer's float. */
  reinterpret(term: Term): Term {
    const to = { i32: "f32", i64: "f64", f32: "i32", f64: "i64" }[term.type];
    return this.apply(`${to}.reinterpret_${term.type}` as Mnemonic, term);
  }

  /** A float as f64. */
  wide(term: Term): Term {
    return term.type === "f32" ? this.apply("f64.promote_f32", term) : term;
  }

  /** An integer condition or mask of i32 as the integer type given. */
  extended(type: Integer, term: Term): Term {
    return type === term.type ? term : this.apply("i64.extend_i32_u", term);
  }
}
