/**
 * A module under construction as plain data: what the builder collects, the encoder serialises and
 * the text printer reads.
 *
 * @module
 */
import type { ByteWriter } from "./byte-writer.ts";
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

/** Where an import comes from. */
export interface ImportName {
  readonly module: string;
  readonly name: string;
}

/** Part of a byte buffer, `end` excluded. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** An imported, declared or defined function. */
export interface FunctionContents {
  readonly name: string;
  readonly type: TypeIndex;
  readonly imported: ImportName | undefined;
  readonly parameterNames: readonly (string | undefined)[];
  /** Where in the module's code the declarations of locals and the instructions stand. */
  body: ByteRange | undefined;
  /** Names of parameters and locals, by index. */
  localNames: readonly (string | undefined)[];
  /** Names of labels, in the order in which their constructs open. */
  labelNames: readonly (string | undefined)[];
}

/** An imported or defined global. */
export interface GlobalContents {
  readonly name: string | undefined;
  readonly type: ValueType;
  readonly mutable: boolean;
  readonly imported: ImportName | undefined;
  readonly initial: number | bigint;
}

/** An imported or defined table of function references. */
export interface TableContents {
  readonly limits: TableLimits;
  readonly imported: ImportName | undefined;
}

/** An imported or defined memory. */
export interface MemoryContents {
  readonly limits: MemoryLimits;
  readonly imported: ImportName | undefined;
}

/** Something that the instance shows to the host. */
export interface ExportContents {
  readonly name: string;
  readonly kind: "function" | "table" | "memory" | "global";
  readonly index: number;
}

/** Functions that instantiation writes to a table. */
export interface ElementContents {
  readonly table: TableIndex;
  readonly offset: SegmentOffset;
  readonly functions: readonly FunctionIndex[];
}

/** Bytes that instantiation writes to the memory. */
export interface DataContents {
  readonly offset: SegmentOffset;
  readonly bytes: Uint8Array;
}

/** The whole module. */
export interface ModuleContents {
  readonly name: string | undefined;
  readonly types: Signature[];
  readonly functions: FunctionContents[];
  /** The bodies in the order in which they were defined. */
  readonly code: ByteWriter;
  readonly tables: TableContents[];
  readonly memories: MemoryContents[];
  readonly globals: GlobalContents[];
  readonly exports: ExportContents[];
  readonly elements: ElementContents[];
  readonly data: DataContents[];
  start: FunctionIndex | undefined;
}

/** The signature of a function. */
export function signatureOf(module: ModuleContents, index: FunctionIndex): Signature | undefined {
  const type = module.functions[index]?.type;
  return type === undefined ? undefined : module.types[type];
}

/** Whether the global is imported and immutable, so that a segment's offset may depend on it. */
export function isConstantImport(module: ModuleContents, index: GlobalIndex): boolean {
  const global = module.globals[index];
  return global?.imported !== undefined && !global.mutable && global.type === "i32";
}
