/**
 * Emits the body of one function.
 *
 * @see WebAssembly Core Specification 2.0, 5.4 (instructions)
 * @module
 */
import { ByteWriter } from "./byte-writer.ts";
import type { ModuleContents } from "./contents.ts";
import { EmitError } from "./errors.ts";
import { InstructionMethods } from "./instruction-methods.ts";
import type {
  BlockType,
  FunctionIndex,
  GlobalIndex,
  Label,
  LabelKind,
  Local,
  Signature,
  TableIndex,
  TypeIndex,
  ValueType,
} from "./types.ts";
import { valueTypeCode } from "./types.ts";
import type { Validator } from "./validate.ts";

/** An open construct; the public face of it is {@link Label}. */
class Construct implements Label {
  kind: LabelKind;
  readonly height: number;

  constructor(kind: LabelKind, height: number) {
    this.kind = kind;
    this.height = height;
  }
}

/** What a function builder needs from its module. */
export interface FunctionContext {
  readonly module: ModuleContents;
  readonly functionName: string;
  readonly signature: Signature;
  readonly parameterNames: readonly (string | undefined)[];
  /** Interns a signature. */
  typeIndex(signature: Signature): TypeIndex;
}

/**
 * The code of one function, under construction. Every instruction is a method named after the
 * specification's mnemonic in camel case (`i64.load32_u` is `i64Load32U`), and appends itself to
 * the body. Constructs are opened by `beginBlock`, `beginLoop` and `beginIf` and closed by `end`,
 * or written with callbacks by `block`, `loop` and `if`; branches name a {@link Label}.
 */
export class FunctionBuilder extends InstructionMethods {
  /** The function's parameters. */
  readonly params: readonly Local[];
  /** The label of the whole body: a branch to it returns. */
  readonly body: Label;
  readonly #context: FunctionContext;
  readonly #locals: Local[];
  readonly #open: Construct[];
  readonly #labelNames: (string | undefined)[] = [];

  /** Used by the module builder; see `ModuleBuilder.defineFunction`. */
  constructor(context: FunctionContext, writer: ByteWriter, validator: Validator | undefined) {
    super(writer, validator);
    const { signature, parameterNames } = context;
    const params = signature.params.map((type, index) => ({
      index,
      type,
      name: parameterNames[index],
    }));
    const body = new Construct("function", 0);
    this.params = params;
    this.body = body;
    this.#context = context;
    this.#locals = [...params];
    this.#open = [body];
  }

  /** Allocates a local variable, which is zero on entry. The name appears in text and profiles. */
  local(type: ValueType, name?: string): Local {
    const local: Local = { index: this.#locals.length, type, name };
    this.#locals.push(local);
    return local;
  }

  /** Pushes the value of a local. */
  localGet(local: Local): void {
    if (this.validator !== undefined) this.validator.local("local.get", local, this.#locals);
    this.writer.byteU32(0x20, local.index);
  }

  /** Pops a value into a local. */
  localSet(local: Local): void {
    if (this.validator !== undefined) this.validator.local("local.set", local, this.#locals);
    this.writer.byteU32(0x21, local.index);
  }

  /** Copies the top of the stack to a local. */
  localTee(local: Local): void {
    if (this.validator !== undefined) this.validator.local("local.tee", local, this.#locals);
    this.writer.byteU32(0x22, local.index);
  }

  /** Pushes the value of a global. */
  globalGet(global: GlobalIndex): void {
    this.#checkGlobal("global.get", global);
    this.writer.byteU32(0x23, global);
  }

  /** Pops a value into a mutable global. */
  globalSet(global: GlobalIndex): void {
    this.#checkGlobal("global.set", global);
    this.writer.byteU32(0x24, global);
  }

  /** Pushes a 32-bit constant: an integer from -2^31 to 2^32 - 1. */
  i32Const(value: number): void {
    if ((value | 0) !== value && value >>> 0 !== value) {
      throw this.#error("i32.const", `${value} does not fit 32 bits`);
    }
    if (this.validator !== undefined) this.validator.push("i32.const", "i32");
    this.writer.byte(0x41);
    this.writer.s32(value);
  }

  /**
   * Pushes a 64-bit constant from -2^63 to 2^64 - 1. Safe integers may be given as numbers, which
   * are encoded faster.
   */
  i64Const(value: bigint | number): void {
    if (this.validator !== undefined) this.validator.push("i64.const", "i64");
    this.writer.byte(0x42);
    this.writer.s64(value);
  }

  /** Pushes a binary32 constant: the number rounded to nearest; NaN is the canonical one. */
  f32Const(value: number): void {
    if (this.validator !== undefined) this.validator.push("f32.const", "f32");
    this.writer.byte(0x43);
    this.writer.f32(value);
  }

  /** Pushes a binary64 constant; NaN is the canonical one (reinterpret integers for others). */
  f64Const(value: number): void {
    if (this.validator !== undefined) this.validator.push("f64.const", "f64");
    this.writer.byte(0x44);
    this.writer.f64(value);
  }

  /** Calls a function. */
  call(callee: FunctionIndex): void {
    const signature = this.#callee("call", callee);
    if (this.validator !== undefined) this.validator.call("call", signature, 0);
    this.writer.byteU32(0x10, callee);
  }

  /** Returns with a call, so that the stack does not grow. */
  returnCall(callee: FunctionIndex): void {
    const signature = this.#callee("return_call", callee);
    if (this.validator !== undefined) this.validator.returnCall("return_call", signature, 0);
    this.writer.byteU32(0x12, callee);
  }

  /** Calls the function whose index in the table is on top of the stack, above its arguments. */
  callIndirect(type: TypeIndex | Signature, table: TableIndex = 0 as TableIndex): void {
    const index = this.#calleeType("call_indirect", type, table);
    if (this.validator !== undefined) {
      this.validator.call("call_indirect", this.#signature(index), 1);
    }
    this.writer.byteU32(0x11, index);
    this.writer.u32(table);
  }

  /** Returns with a call through a table. */
  returnCallIndirect(type: TypeIndex | Signature, table: TableIndex = 0 as TableIndex): void {
    const index = this.#calleeType("return_call_indirect", type, table);
    if (this.validator !== undefined) {
      this.validator.returnCall("return_call_indirect", this.#signature(index), 1);
    }
    this.writer.byteU32(0x13, index);
    this.writer.u32(table);
  }

  /** Opens a block; branches to its label go to its end. */
  beginBlock(type?: BlockType, name?: string): Label {
    return this.#begin(0x02, "block", type, name);
  }

  /** Opens a loop; branches to its label go to its start. */
  beginLoop(type?: BlockType, name?: string): Label {
    return this.#begin(0x03, "loop", type, name);
  }

  /** Pops a condition and opens the part for non-zero; branches to its label go to the end. */
  beginIf(type?: BlockType, name?: string): Label {
    return this.#begin(0x04, "if", type, name);
  }

  /** Starts the part of an `if` for zero. The label must be the innermost open one. */
  else(label: Label): void {
    const construct = this.#innermost("else", label);
    if (construct.kind !== "if") {
      throw this.#error(
        "else",
        `the innermost construct is ${construct.kind === "else" ? "an" : "a"} ${construct.kind}, not an if`,
      );
    }
    if (this.validator !== undefined) this.validator.else();
    construct.kind = "else";
    this.writer.byte(0x05);
  }

  /** Closes a construct. The label must be the innermost open one. */
  end(label: Label): void {
    const construct = this.#innermost("end", label);
    if (construct.height === 0) throw this.#error("end", "the body's own label ends by itself");
    if (this.validator !== undefined) this.validator.end();
    this.#open.pop();
    this.writer.byte(0x0b);
  }

  /** Writes a block: `block(body)` or `block(type, body)`. */
  block(body: (label: Label) => void): void;
  block(type: BlockType, body: (label: Label) => void): void;
  block(first: BlockType | ((label: Label) => void), second?: (label: Label) => void): void {
    const [type, body] = typeof first === "function" ? [undefined, first] : [first, second];
    const label = this.beginBlock(type);
    body?.(label);
    this.end(label);
  }

  /** Writes a loop: `loop(body)` or `loop(type, body)`. */
  loop(body: (label: Label) => void): void;
  loop(type: BlockType, body: (label: Label) => void): void;
  loop(first: BlockType | ((label: Label) => void), second?: (label: Label) => void): void {
    const [type, body] = typeof first === "function" ? [undefined, first] : [first, second];
    const label = this.beginLoop(type);
    body?.(label);
    this.end(label);
  }

  /** Writes a conditional: `if(then, else)` or `if(type, then, else)`; `else` may be missing. */
  if(then: (label: Label) => void, otherwise?: (label: Label) => void): void;
  if(type: BlockType, then: (label: Label) => void, otherwise?: (label: Label) => void): void;
  if(
    first: BlockType | ((label: Label) => void),
    second?: (label: Label) => void,
    third?: (label: Label) => void,
  ): void {
    const [type, then, otherwise] =
      typeof first === "function" ? [undefined, first, second] : [first, second, third];
    const label = this.beginIf(type);
    then?.(label);
    if (otherwise !== undefined) {
      this.else(label);
      otherwise(label);
    }
    this.end(label);
  }

  /** Branches to a label. */
  br(label: Label): void {
    const depth = this.#depth("br", label);
    if (this.validator !== undefined) this.validator.branch("br", depth);
    this.writer.byteU32(0x0c, depth);
  }

  /** Pops a condition and branches to a label unless it is zero. */
  brIf(label: Label): void {
    const depth = this.#depth("br_if", label);
    if (this.validator !== undefined) this.validator.branch("br_if", depth);
    this.writer.byteU32(0x0d, depth);
  }

  /** Pops an index and branches to that label, or to `otherwise` when the index is too large. */
  brTable(labels: readonly Label[], otherwise: Label): void {
    if (this.validator !== undefined) {
      const depths = labels.map((label) => this.#depth("br_table", label));
      this.validator.branchTable(depths, this.#depth("br_table", otherwise));
    }
    const last = this.#depth("br_table", otherwise);
    this.writer.byteU32(0x0e, labels.length);
    for (const label of labels) this.writer.u32(this.#depth("br_table", label));
    this.writer.u32(last);
  }

  /**
   * Ends the body. Used by the module builder.
   *
   * @internal
   */
  finish(): {
    body: Uint8Array;
    localNames: readonly (string | undefined)[];
    labelNames: readonly (string | undefined)[];
  } {
    if (this.#open.length !== 1) {
      const open = this.#open.slice(1).map((construct) => construct.kind);
      throw this.#error("end", `missing for ${open.join(", ")}`);
    }
    if (this.validator !== undefined) this.validator.end();
    this.writer.byte(0x0b);
    const declarations = this.#declareLocals();
    const body = new Uint8Array(declarations.length + this.writer.length);
    body.set(declarations.view());
    body.set(this.writer.view(), declarations.length);
    return {
      body,
      localNames: this.#locals.map((local) => local.name),
      labelNames: this.#labelNames,
    };
  }

  /** Runs of equal types, as the binary format groups them. */
  #declareLocals(): ByteWriter {
    const locals = this.#locals;
    const runs = new ByteWriter(32);
    let count = 0;
    for (let first = this.params.length; first < locals.length; count++) {
      const type = locals[first]?.type ?? "i32";
      let next = first + 1;
      while (locals[next]?.type === type) next++;
      runs.u32(next - first);
      runs.byte(valueTypeCode[type]);
      first = next;
    }
    const declarations = new ByteWriter(runs.length + 8);
    declarations.u32(count);
    declarations.bytes(runs.view());
    return declarations;
  }

  #begin(opcode: number, kind: LabelKind, type: BlockType, name: string | undefined): Label {
    const code = this.#blockType(kind, type);
    if (this.validator !== undefined) this.validator.begin(kind, this.#expand(type));
    this.writer.byte(opcode);
    if (code < 0) this.writer.byte(code & 0x7f);
    else this.writer.s64(code);
    const construct = new Construct(kind, this.#open.length);
    this.#open.push(construct);
    this.#labelNames.push(name);
    return construct;
  }

  /** The block type as a signed number: negative for the one-byte forms. */
  #blockType(kind: LabelKind, type: BlockType): number {
    if (type === undefined) return 0x40 - 0x80;
    if (typeof type === "string") return valueTypeCode[type] - 0x80;
    if (typeof type !== "number") return this.#blockType(kind, this.#context.typeIndex(type));
    if (this.#context.module.types[type] === undefined) {
      throw this.#error(kind, `there is no type ${type}`);
    }
    return type;
  }

  #expand(type: BlockType): Signature {
    if (type === undefined) return { params: [], results: [] };
    if (typeof type === "string") return { params: [], results: [type] };
    return typeof type === "number" ? this.#signature(type) : type;
  }

  #signature(type: TypeIndex): Signature {
    const signature = this.#context.module.types[type];
    if (signature === undefined) throw this.#error(undefined, `there is no type ${type}`);
    return signature;
  }

  #callee(instruction: string, callee: FunctionIndex): Signature {
    const found = this.#context.module.functions[callee];
    if (found === undefined) throw this.#error(instruction, `there is no function ${callee}`);
    return this.#signature(found.type);
  }

  #calleeType(instruction: string, type: TypeIndex | Signature, table: TableIndex): TypeIndex {
    const { module } = this.#context;
    if (module.tables[table] === undefined) {
      throw this.#error(instruction, `there is no table ${table}`);
    }
    const index = typeof type === "number" ? type : this.#context.typeIndex(type);
    if (module.types[index] === undefined) {
      throw this.#error(instruction, `there is no type ${index}`);
    }
    return index;
  }

  #checkGlobal(instruction: "global.get" | "global.set", index: GlobalIndex): void {
    const global = this.#context.module.globals[index];
    if (global === undefined) throw this.#error(instruction, `there is no global ${index}`);
    if (instruction === "global.set" && !global.mutable) {
      throw this.#error(instruction, `global ${global.name ?? index} is immutable`);
    }
    if (this.validator !== undefined) this.validator.global(instruction, global.type);
  }

  #depth(instruction: string, label: Label): number {
    const open = this.#open;
    if (open[label.height] !== label) {
      throw this.#error(
        instruction,
        `the label of a ${label.kind} is not open here: it was closed, or is another function's`,
      );
    }
    return open.length - 1 - label.height;
  }

  #innermost(instruction: string, label: Label): Construct {
    const top = this.#open.at(-1);
    if (top === undefined || top !== label) {
      throw this.#error(
        instruction,
        `the ${label.kind} at height ${label.height} is not the innermost open construct, ` +
          `which is the ${top?.kind} at height ${top?.height}`,
      );
    }
    return top;
  }

  #error(instruction: string | undefined, message: string): EmitError {
    const { functionName } = this.#context;
    const place = instruction === undefined ? "" : `${instruction}: `;
    return new EmitError(`in function "${functionName}": ${place}${message}`, {
      functionName,
      ...(instruction === undefined ? {} : { instruction }),
    });
  }
}
