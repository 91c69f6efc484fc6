/**
 * Emits the body of one function.
 *
 * @see WebAssembly Core Specification 2.0, 5.4 (instructions)
 * @module
 */
import type { ByteWriter } from "./byte-writer.ts";
import type { ByteRange, ModuleContents } from "./contents.ts";
import { EmitError } from "./errors.ts";
import { writeF32, writeF64 } from "./ieee754.ts";
import { InstructionMethods } from "./instruction-methods.ts";
import { writeS32, writeS64, writeU32 } from "./leb128.ts";
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

/** What a function builder hands to its module. */
export interface FinishedFunction {
  readonly body: ByteRange;
  readonly localNames: readonly (string | undefined)[];
  readonly labelNames: readonly (string | undefined)[];
  /** The buffer that the builder was given, or a larger one. */
  readonly buffer: Uint8Array;
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
  /** Locals of ended scopes, by type and name. */
  readonly #free: Map<string, Local[]> = new Map();
  /** Locals that the innermost open scope allocated. */
  #scoped: Local[] | undefined;
  #aroundCalls: { readonly before: () => void; readonly after: () => void } | undefined;

  /** Used by the module builder; see `ModuleBuilder.defineFunction`. */
  constructor(context: FunctionContext, buffer: Uint8Array, validator: Validator | undefined) {
    super(buffer, validator);
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
    const reused = this.#scoped && this.#free.get(`${type} ${name}`)?.pop();
    const local: Local = reused ?? { index: this.#locals.length, type, name };
    if (!reused) this.#locals.push(local);
    this.#scoped?.push(local);
    return local;
  }

  /**
   * Writes a part whose locals are of no use behind it: later scopes get them again, holding
   * whatever they held, so a local has to be set there before it is read. Compilers keep track of
   * every local at every branch; a function of hundreds of them compiles several times as slowly.
   */
  scope(body: () => void): void {
    const outer = this.#scoped;
    const scoped: Local[] = [];
    this.#scoped = scoped;
    body();
    this.#scoped = outer;
    for (const local of scoped) {
      const key = `${local.type} ${local.name}`;
      const free = this.#free.get(key);
      if (free) free.push(local);
      else this.#free.set(key, [local]);
    }
  }

  /** Pushes the value of a local. */
  localGet(local: Local): void {
    if (this.validator !== undefined) this.validator.local("local.get", local, this.#locals);
    this.indexed(0x20, local.index);
  }

  /** Pops a value into a local. */
  localSet(local: Local): void {
    if (this.validator !== undefined) this.validator.local("local.set", local, this.#locals);
    this.indexed(0x21, local.index);
  }

  /** Copies the top of the stack to a local. */
  localTee(local: Local): void {
    if (this.validator !== undefined) this.validator.local("local.tee", local, this.#locals);
    this.indexed(0x22, local.index);
  }

  /** Pushes the value of a global. */
  globalGet(global: GlobalIndex): void {
    this.#checkGlobal("global.get", global);
    this.indexed(0x23, global);
  }

  /** Pops a value into a mutable global. */
  globalSet(global: GlobalIndex): void {
    this.#checkGlobal("global.set", global);
    this.indexed(0x24, global);
  }

  /** Pushes a 32-bit constant: an integer from -2^31 to 2^32 - 1. */
  i32Const(value: number): void {
    if ((value | 0) !== value && value >>> 0 !== value) {
      throw this.#error("i32.const", `${value} does not fit 32 bits`);
    }
    if (this.validator !== undefined) this.validator.push("i32.const", "i32");
    if (this.position > this.limit) this.grow();
    this.bytes[this.position] = 0x41;
    this.position = writeS32(this.bytes, this.position + 1, value);
  }

  /**
   * Pushes a 64-bit constant from -2^63 to 2^64 - 1. Safe integers may be given as numbers, which
   * are encoded faster.
   */
  i64Const(value: bigint | number): void {
    if (this.validator !== undefined) this.validator.push("i64.const", "i64");
    if (this.position > this.limit) this.grow();
    this.bytes[this.position] = 0x42;
    this.position = writeS64(this.bytes, this.position + 1, value);
  }

  /** Pushes a binary32 constant: the number rounded to nearest; NaN is the canonical one. */
  f32Const(value: number): void {
    if (this.validator !== undefined) this.validator.push("f32.const", "f32");
    if (this.position > this.limit) this.grow();
    this.bytes[this.position] = 0x43;
    this.position = writeF32(this.bytes, this.position + 1, value);
  }

  /** Pushes a binary64 constant; NaN is the canonical one (reinterpret integers for others). */
  f64Const(value: number): void {
    if (this.validator !== undefined) this.validator.push("f64.const", "f64");
    if (this.position > this.limit) this.grow();
    this.bytes[this.position] = 0x44;
    this.position = writeF64(this.bytes, this.position + 1, value);
  }

  /** Calls a function. */
  call(callee: FunctionIndex): void {
    const around = this.#aroundCalls;
    this.#aroundCalls = undefined;
    around?.before();
    const signature = this.#callee("call", callee);
    if (this.validator !== undefined) this.validator.call("call", signature, 0);
    this.indexed(0x10, callee);
    around?.after();
    this.#aroundCalls = around;
  }

  /**
   * Lets `before` and `after` write something around every call from here on, such as saving locals
   * in memory. Arguments and results stay on the stack meanwhile.
   */
  aroundCalls(before: () => void, after: () => void): void {
    this.#aroundCalls = { before, after };
  }

  /** Returns with a call, so that the stack does not grow. */
  returnCall(callee: FunctionIndex): void {
    const signature = this.#callee("return_call", callee);
    if (this.validator !== undefined) this.validator.returnCall("return_call", signature, 0);
    this.indexed(0x12, callee);
  }

  /** Calls the function whose index in the table is on top of the stack, above its arguments. */
  callIndirect(type: TypeIndex | Signature, table: TableIndex = 0 as TableIndex): void {
    const index = this.#calleeType("call_indirect", type, table);
    if (this.validator !== undefined) {
      this.validator.call("call_indirect", this.#signature(index), 1);
    }
    this.indexed(0x11, index);
    this.position = writeU32(this.bytes, this.position, table);
  }

  /** Returns with a call through a table. */
  returnCallIndirect(type: TypeIndex | Signature, table: TableIndex = 0 as TableIndex): void {
    const index = this.#calleeType("return_call_indirect", type, table);
    if (this.validator !== undefined) {
      this.validator.returnCall("return_call_indirect", this.#signature(index), 1);
    }
    this.indexed(0x13, index);
    this.position = writeU32(this.bytes, this.position, table);
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
    this.#byte(0x05);
  }

  /** Closes a construct. The label must be the innermost open one. */
  end(label: Label): void {
    const construct = this.#innermost("end", label);
    if (construct.height === 0) throw this.#error("end", "the body's own label ends by itself");
    if (this.validator !== undefined) this.validator.end();
    this.#open.pop();
    this.#byte(0x0b);
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
    this.indexed(0x0c, depth);
  }

  /** Pops a condition and branches to a label unless it is zero. */
  brIf(label: Label): void {
    const depth = this.#depth("br_if", label);
    if (this.validator !== undefined) this.validator.branch("br_if", depth);
    this.indexed(0x0d, depth);
  }

  /** Pops an index and branches to that label, or to `otherwise` when the index is too large. */
  brTable(labels: readonly Label[], otherwise: Label): void {
    if (this.validator !== undefined) {
      const depths = labels.map((label) => this.#depth("br_table", label));
      this.validator.branchTable(depths, this.#depth("br_table", otherwise));
    }
    const last = this.#depth("br_table", otherwise);
    this.indexed(0x0e, labels.length);
    for (const label of labels) {
      if (this.position > this.limit) this.grow();
      this.position = writeU32(this.bytes, this.position, this.#depth("br_table", label));
    }
    if (this.position > this.limit) this.grow();
    this.position = writeU32(this.bytes, this.position, last);
  }

  /** Constructs that are open, the function itself not counted. */
  protected get depth(): number {
    return this.#open.length - 1;
  }

  /**
   * Appends instructions that were encoded elsewhere, all constructs of which are closed. Nothing of
   * them is checked.
   */
  encoded(code: Uint8Array): void {
    if (this.validator !== undefined) throw this.#error(undefined, "encoded code is not validated");
    this.append(code);
  }

  /**
   * Ends the body and appends it to the module's code, preceded by the declarations of its locals.
   * Returns the buffer for the next function. Used by the module builder.
   *
   * @internal
   */
  finish(code: ByteWriter): FinishedFunction {
    if (this.#open.length !== 1) {
      const open = this.#open.slice(1).map((construct) => construct.kind);
      throw this.#error("end", `missing for ${open.join(", ")}`);
    }
    if (this.validator !== undefined) this.validator.end();
    this.#byte(0x0b);
    const start = code.length;
    this.#declareLocals(code);
    code.bytes(this.bytes.subarray(0, this.position));
    return {
      body: { start, end: code.length },
      localNames: this.#locals.map((local) => local.name),
      labelNames: this.#labelNames,
      buffer: this.bytes,
    };
  }

  /** Runs of equal types, as the binary format groups them. */
  #declareLocals(code: ByteWriter): void {
    const locals = this.#locals;
    const first = this.params.length;
    let runs = 0;
    for (let i = first; i < locals.length; i++) {
      if (i === first || locals[i]?.type !== locals[i - 1]?.type) runs++;
    }
    code.u32(runs);
    for (let i = first; i < locals.length; ) {
      const type = locals[i]?.type ?? "i32";
      let next = i + 1;
      while (locals[next]?.type === type) next++;
      code.u32(next - i);
      code.byte(valueTypeCode[type]);
      i = next;
    }
  }

  #byte(value: number): void {
    if (this.position > this.limit) this.grow();
    this.bytes[this.position++] = value;
  }

  #begin(opcode: number, kind: LabelKind, type: BlockType, name: string | undefined): Label {
    const index = typeof type === "object" ? this.#context.typeIndex(type) : type;
    if (typeof index === "number" && this.#context.module.types[index] === undefined) {
      throw this.#error(kind, `there is no type ${index}`);
    }
    if (this.validator !== undefined) this.validator.begin(kind, this.#expand(type));
    if (this.position > this.limit) this.grow();
    this.bytes[this.position++] = opcode;
    if (index === undefined) this.bytes[this.position++] = 0x40;
    else if (typeof index === "string") this.bytes[this.position++] = valueTypeCode[index];
    else this.position = writeS32(this.bytes, this.position, index);
    const construct = new Construct(kind, this.#open.length);
    this.#open.push(construct);
    this.#labelNames.push(name);
    return construct;
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
