/**
 * Follows the types on the operand stack while a function is emitted, so that a mistake in a
 * lowering is reported where it is made and not by the host's compiler as a byte offset.
 *
 * @see WebAssembly Core Specification 2.0, appendix 7.3 (validation algorithm)
 * @module
 */
import { ValidationError } from "./errors.ts";
import type { Instruction } from "./opcodes.ts";
import type { LabelKind, Local, Signature, ValueType } from "./types.ts";

/** A type on the stack; code that cannot be reached may produce any. */
type Operand = ValueType | "unknown";

interface Frame {
  kind: LabelKind;
  readonly signature: Signature;
  /** Height of the operand stack below the construct's own operands. */
  readonly height: number;
  unreachable: boolean;
}

/** The operand stack of one function under construction. */
export class Validator {
  readonly #functionName: string;
  readonly #hasMemory: boolean;
  readonly #stack: Operand[] = [];
  readonly #frames: Frame[] = [];
  #count = 0;

  /** Starts with an empty stack and the function's results as what its end must leave. */
  constructor(functionName: string, results: readonly ValueType[], hasMemory: boolean) {
    this.#functionName = functionName;
    this.#hasMemory = hasMemory;
    this.#frames.push({
      kind: "function",
      signature: { params: [], results },
      height: 0,
      unreachable: false,
    });
  }

  /** Checks an instruction whose effect follows from its row or name. */
  apply(row: Instruction): void {
    this.#count++;
    const name = row.mnemonic;
    if (row.immediates.startsWith("memory") && !this.#hasMemory) {
      throw this.#error(name, "the module has no memory");
    }
    if (!row.structural) {
      this.#popAll(name, row.operands);
      this.#pushAll(row.results);
    } else if (name === "drop") {
      this.#pop(name);
    } else if (name === "select") {
      this.#select();
    } else if (name === "return") {
      this.#popAll(name, this.#frame(this.#frames.length - 1).signature.results);
      this.#unreachable();
    } else {
      this.#unreachable();
    }
  }

  /** Checks an instruction that pushes one value. */
  push(_name: string, type: ValueType): void {
    this.#count++;
    this.#stack.push(type);
  }

  /** Checks an access to a local. */
  local(name: "local.get" | "local.set" | "local.tee", local: Local, all: readonly Local[]): void {
    this.#count++;
    if (all[local.index] !== local) {
      throw this.#error(name, `local ${local.name ?? local.index} is another function's`);
    }
    if (name !== "local.get") this.#pop(name, local.type);
    if (name !== "local.set") this.#stack.push(local.type);
  }

  /** Checks an access to a global. */
  global(name: "global.get" | "global.set", type: ValueType): void {
    this.#count++;
    if (name === "global.get") this.#stack.push(type);
    else this.#pop(name, type);
  }

  /** Checks a call; an indirect one pops one table index first. */
  call(name: string, signature: Signature, indexes: 0 | 1): void {
    this.#count++;
    if (indexes === 1) this.#pop(name, "i32");
    this.#popAll(name, signature.params);
    this.#pushAll(signature.results);
  }

  /** Checks a tail call. */
  returnCall(name: string, signature: Signature, indexes: 0 | 1): void {
    const { results } = this.#frame(this.#frames.length - 1).signature;
    if (signature.results.join() !== results.join()) {
      throw this.#error(
        name,
        `the callee returns (${signature.results.join(" ")}), the function (${results.join(" ")})`,
      );
    }
    this.call(name, signature, indexes);
    this.#unreachable();
  }

  /** Checks the start of a construct. */
  begin(kind: LabelKind, signature: Signature): void {
    this.#count++;
    if (kind === "if") this.#pop(kind, "i32");
    this.#popAll(kind, signature.params);
    this.#frames.push({ kind, signature, height: this.#stack.length, unreachable: false });
    this.#pushAll(signature.params);
  }

  /** Checks the end of the first part of an `if`. */
  else(): void {
    const { signature } = this.#close("else");
    this.#frames.push({
      kind: "else",
      signature,
      height: this.#stack.length,
      unreachable: false,
    });
    this.#pushAll(signature.params);
  }

  /** Checks the end of a construct or of the function. */
  end(): void {
    const { kind, signature } = this.#close("end");
    if (kind === "if" && signature.params.join() !== signature.results.join()) {
      throw this.#error("end", "an if whose results differ from its parameters needs an else");
    }
    this.#pushAll(signature.results);
  }

  /** Checks `br` and `br_if`. */
  branch(name: "br" | "br_if", depth: number): void {
    this.#count++;
    if (name === "br_if") this.#pop(name, "i32");
    const types = this.#labelTypes(depth);
    this.#popAll(name, types);
    if (name === "br_if") this.#pushAll(types);
    else this.#unreachable();
  }

  /** Checks `br_table`. */
  branchTable(depths: readonly number[], otherwise: number): void {
    this.#count++;
    this.#pop("br_table", "i32");
    const types = this.#labelTypes(otherwise);
    for (const depth of depths) {
      const others = this.#labelTypes(depth);
      if (others.length !== types.length) {
        throw this.#error(
          "br_table",
          `has labels that differ in type: (${others.join(" ")}) and (${types.join(" ")})`,
        );
      }
      // Operands of unknown type suit labels of different types, so they go back as they were.
      for (const operand of this.#popAll("br_table", others)) this.#stack.push(operand);
    }
    this.#popAll("br_table", types);
    this.#unreachable();
  }

  #select(): void {
    this.#pop("select", "i32");
    const second = this.#pop("select");
    const first = this.#pop("select", second === "unknown" ? undefined : second);
    this.#stack.push(second === "unknown" ? first : second);
  }

  #close(name: string): Frame {
    this.#count++;
    const frame = this.#frame(0);
    this.#popAll(name, frame.signature.results);
    const extra = this.#stack.length - frame.height;
    if (extra > 0) {
      throw this.#error(
        name,
        `${extra} more operand${extra === 1 ? "" : "s"} than the ${frame.kind} yields`,
      );
    }
    this.#frames.pop();
    return frame;
  }

  #frame(depth: number): Frame {
    const frame = this.#frames[this.#frames.length - 1 - depth];
    if (frame === undefined) throw this.#error("end", "nothing is open");
    return frame;
  }

  #labelTypes(depth: number): readonly ValueType[] {
    const { kind, signature } = this.#frame(depth);
    return kind === "loop" ? signature.params : signature.results;
  }

  #unreachable(): void {
    const frame = this.#frame(0);
    this.#stack.length = frame.height;
    frame.unreachable = true;
  }

  #pushAll(types: readonly ValueType[]): void {
    for (const type of types) this.#stack.push(type);
  }

  /** Pops operands of these types, and returns what they were, the topmost last. */
  #popAll(name: string, types: readonly ValueType[]): Operand[] {
    const popped: Operand[] = [];
    for (let i = types.length - 1; i >= 0; i--) popped.unshift(this.#pop(name, types[i]));
    return popped;
  }

  #pop(name: string, expected?: ValueType): Operand {
    const frame = this.#frame(0);
    if (this.#stack.length === frame.height) {
      if (frame.unreachable) return "unknown";
      throw this.#error(name, `expects ${expected ?? "an operand"}, but the stack is empty`);
    }
    const actual = this.#stack.pop() ?? "unknown";
    if (expected !== undefined && actual !== expected && actual !== "unknown") {
      this.#stack.push(actual);
      throw this.#error(name, `expects ${expected}, but the operand is ${actual}`);
    }
    return actual;
  }

  #error(instruction: string, message: string): ValidationError {
    const functionName = this.#functionName;
    const height = this.#frames.at(-1)?.height ?? 0;
    const stack = `${height > 0 ? "… " : ""}${this.#stack.slice(height).join(" ")}`;
    return new ValidationError(
      `in function "${functionName}", instruction ${this.#count}: ` +
        `${instruction} ${message}; operands in the construct: [${stack}]`,
      { functionName, instruction },
    );
  }
}
