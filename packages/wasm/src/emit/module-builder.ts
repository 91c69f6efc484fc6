/**
 * Builds a WebAssembly module.
 *
 * @see WebAssembly Core Specification 2.0, 2.5 (modules)
 * @module
 */
import { ByteWriter } from "./byte-writer.ts";
import type { ExportContents, ImportName, ModuleContents } from "./contents.ts";
import { isConstantImport } from "./contents.ts";
import { encodeModule, type NameDetail } from "./encode-module.ts";
import { EmitError } from "./errors.ts";
import { FunctionBuilder } from "./function-builder.ts";
import { functionText, moduleText } from "./text.ts";
import type {
  FunctionIndex,
  GlobalIndex,
  MemoryLimits,
  SegmentOffset,
  Signature,
  TableIndex,
  TableLimits,
  TypeIndex,
  ValueType,
} from "./types.ts";
import { Validator } from "./validate.ts";

/** How a module is built. */
export interface ModuleOptions {
  /**
   * Whether to follow the operand stack while code is emitted and to throw a `ValidationError` at
   * the first instruction that does not fit. Costs emission speed; for tests. Default false.
   */
  readonly validate?: boolean;
  /** What the custom name section tells debuggers and profilers. Default `"functions"`. */
  readonly names?: NameDetail;
  /** The module's own name in that section. */
  readonly name?: string;
}

/**
 * A WebAssembly module under construction. Imports of a kind come before definitions of that kind,
 * as indices count imports first. Functions are declared before they are defined, so that their
 * bodies may refer to each other. Misuse throws `EmitError`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ModuleBuilder } from "@isovm/wasm";
 *
 * const module = new ModuleBuilder();
 * const double = module.declareFunction("double", ["i32"], ["i32"]);
 * module.defineFunction(double, (code) => {
 *   const [n] = code.params;
 *   assert.ok(n);
 *   code.localGet(n);
 *   code.i32Const(1);
 *   code.i32Shl();
 * });
 * module.exportFunction("double", double);
 * const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()));
 * assert.equal((instance.exports.double as (n: number) => number)(21), 42);
 * ```
 */
export class ModuleBuilder {
  readonly #validate: boolean;
  readonly #names: NameDetail;
  readonly #contents: ModuleContents;
  readonly #exportNames = new Set<string>();
  /** Buffers not in use: one, unless a body is defined while another one is. */
  readonly #buffers: Uint8Array[] = [];

  /** Starts an empty module. */
  constructor(options: ModuleOptions = {}) {
    this.#validate = options.validate ?? false;
    this.#names = options.names ?? "functions";
    this.#contents = {
      name: options.name,
      types: [],
      functions: [],
      code: new ByteWriter(1024),
      tables: [],
      memories: [],
      globals: [],
      exports: [],
      elements: [],
      data: [],
      start: undefined,
    };
  }

  /** Interns a function type: equal signatures have the same index. */
  type(params: readonly ValueType[], results: readonly ValueType[]): TypeIndex {
    const { types } = this.#contents;
    // A search, as modules have few types and a key to look up by would cost more to build.
    const known = types.findIndex(
      (type) => sameTypes(type.params, params) && sameTypes(type.results, results),
    );
    if (known >= 0) return known as TypeIndex;
    return (types.push({ params: [...params], results: [...results] }) - 1) as TypeIndex;
  }

  /** Imports a function. */
  importFunction(
    module: string,
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
  ): FunctionIndex {
    this.#importsFirst("function", this.#contents.functions, name);
    return this.#addFunction(name, params, results, { module, name });
  }

  /** Imports the memory. A module has at most one. */
  importMemory(module: string, name: string, limits: MemoryLimits): void {
    this.#setMemory(limits, { module, name });
  }

  /** Imports a table of function references. */
  importTable(module: string, name: string, limits: TableLimits): TableIndex {
    const { tables } = this.#contents;
    this.#importsFirst("table", tables, name);
    return (tables.push({ limits, imported: { module, name } }) - 1) as TableIndex;
  }

  /** Imports a global. */
  importGlobal(module: string, name: string, type: ValueType, mutable: boolean): GlobalIndex {
    const { globals } = this.#contents;
    this.#importsFirst("global", globals, name);
    const imported = { module, name };
    return (globals.push({ name, type, mutable, imported, initial: 0 }) - 1) as GlobalIndex;
  }

  /** Defines the memory. A module has at most one. */
  addMemory(limits: MemoryLimits): void {
    this.#setMemory(limits, undefined);
  }

  /** Defines a table of function references, which are null at first. */
  addTable(limits: TableLimits): TableIndex {
    return (this.#contents.tables.push({ limits, imported: undefined }) - 1) as TableIndex;
  }

  /** Defines a global. */
  addGlobal(
    type: ValueType,
    mutable: boolean,
    initial: number | bigint,
    name?: string,
  ): GlobalIndex {
    if (type !== "i64" && typeof initial === "bigint") {
      throw new EmitError(`a global of type ${type} is initialised by a number`);
    }
    const { globals } = this.#contents;
    return (globals.push({ name, type, mutable, imported: undefined, initial }) - 1) as GlobalIndex;
  }

  /** Has instantiation write functions to consecutive entries of a table. */
  addElements(table: TableIndex, offset: SegmentOffset, functions: readonly FunctionIndex[]): void {
    if (this.#contents.tables[table] === undefined) {
      throw new EmitError(`elements: there is no table ${table}`);
    }
    for (const index of functions) this.#function("elements", index);
    this.#checkOffset("elements", offset);
    this.#contents.elements.push({ table, offset, functions });
  }

  /** Has instantiation write bytes to the memory. The bytes are read by `toBytes`, not copied. */
  addData(offset: SegmentOffset, bytes: Uint8Array): void {
    if (this.#contents.memories.length === 0) throw new EmitError("data: there is no memory");
    this.#checkOffset("data", offset);
    this.#contents.data.push({ offset, bytes });
  }

  /**
   * Declares a function, which `defineFunction` has to define. The names are for people: they need
   * not be unique.
   */
  declareFunction(
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
    parameterNames: readonly (string | undefined)[] = [],
  ): FunctionIndex {
    return this.#addFunction(name, params, results, undefined, parameterNames);
  }

  /** Defines a declared function: `body` emits its code. */
  defineFunction(index: FunctionIndex, body: (code: FunctionBuilder) => void): void {
    const target = this.#function("defineFunction", index);
    const { name, parameterNames } = target;
    if (target.imported !== undefined) throw new EmitError(`function "${name}" is imported`);
    if (target.body !== undefined) throw new EmitError(`function "${name}" is defined twice`);
    const signature = this.#contents.types[target.type] ?? { params: [], results: [] };
    const buffer = this.#buffers.pop() ?? new Uint8Array(4096);
    const validator = this.#validate
      ? new Validator(name, signature.results, this.#contents.memories.length > 0)
      : undefined;
    const context = {
      module: this.#contents,
      functionName: name,
      signature,
      parameterNames,
      typeIndex: (type: Signature) => this.type(type.params, type.results),
    };
    const code = new FunctionBuilder(context, buffer, validator);
    body(code);
    const finished = code.finish(this.#contents.code);
    target.body = finished.body;
    target.localNames = finished.localNames;
    target.labelNames = finished.labelNames;
    this.#buffers.push(finished.buffer);
  }

  /** Exports a function. */
  exportFunction(name: string, index: FunctionIndex): void {
    this.#function("export", index);
    this.#export({ name, kind: "function", index });
  }

  /** Exports the memory. */
  exportMemory(name: string): void {
    if (this.#contents.memories.length === 0) throw new EmitError("export: there is no memory");
    this.#export({ name, kind: "memory", index: 0 });
  }

  /** Exports a table. */
  exportTable(name: string, index: TableIndex): void {
    if (this.#contents.tables[index] === undefined) {
      throw new EmitError(`export: there is no table ${index}`);
    }
    this.#export({ name, kind: "table", index });
  }

  /** Exports a global. */
  exportGlobal(name: string, index: GlobalIndex): void {
    if (this.#contents.globals[index] === undefined) {
      throw new EmitError(`export: there is no global ${index}`);
    }
    this.#export({ name, kind: "global", index });
  }

  /** Has instantiation call a function without parameters and results. */
  start(index: FunctionIndex): void {
    this.#function("start", index);
    this.#contents.start = index;
  }

  /** The module in the binary format. Throws if a declared function has no body. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return encodeModule(this.#contents, this.#names);
  }

  /** The module, or one function of it, in the text format, folded and indented for people. */
  toText(index?: FunctionIndex): string {
    if (index === undefined) return moduleText(this.#contents);
    this.#function("toText", index);
    return functionText(this.#contents, index);
  }

  #addFunction(
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
    imported: ImportName | undefined,
    parameterNames: readonly (string | undefined)[] = [],
  ): FunctionIndex {
    const index = this.#contents.functions.push({
      name,
      type: this.type(params, results),
      imported,
      parameterNames,
      body: undefined,
      localNames: parameterNames,
      labelNames: [],
    });
    return (index - 1) as FunctionIndex;
  }

  #setMemory(limits: MemoryLimits, imported: ImportName | undefined): void {
    if (this.#contents.memories.length > 0) throw new EmitError("a module has one memory");
    if (limits.shared === true && limits.maximum === undefined) {
      throw new EmitError("a shared memory needs a maximum size");
    }
    this.#contents.memories.push({ limits, imported });
  }

  #export(entry: ExportContents): void {
    if (this.#exportNames.has(entry.name)) {
      throw new EmitError(`two exports are named "${entry.name}"`);
    }
    this.#exportNames.add(entry.name);
    this.#contents.exports.push(entry);
  }

  #function(purpose: string, index: FunctionIndex): ModuleContents["functions"][number] {
    const found = this.#contents.functions[index];
    if (found === undefined) throw new EmitError(`${purpose}: there is no function ${index}`);
    return found;
  }

  #checkOffset(purpose: string, offset: SegmentOffset): void {
    if (typeof offset === "number") return;
    if (!isConstantImport(this.#contents, offset.global)) {
      throw new EmitError(`${purpose}: global ${offset.global} is no immutable imported i32`);
    }
  }

  #importsFirst(
    kind: string,
    entries: readonly { readonly imported: ImportName | undefined }[],
    name: string,
  ): void {
    const last = entries.at(-1);
    if (last !== undefined && last.imported === undefined) {
      throw new EmitError(`import "${name}" comes after the first ${kind} that is defined`);
    }
  }
}

function sameTypes(a: readonly ValueType[], b: readonly ValueType[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
