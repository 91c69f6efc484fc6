/**
 * Types of WebAssembly as the emitter's callers name them.
 *
 * @see WebAssembly Core Specification 2.0, 2.3 (types)
 * @module
 */

/** The type of an operand, local, global, parameter or result. */
export type ValueType = "i32" | "i64" | "f32" | "f64";

declare const space: unique symbol;

/** Index of a function, imported ones first. */
export type FunctionIndex = number & { readonly [space]: "function" };
/** Index of a global, imported ones first. */
export type GlobalIndex = number & { readonly [space]: "global" };
/** Index of a table of function references, imported ones first. */
export type TableIndex = number & { readonly [space]: "table" };
/** Index of an interned function type. */
export type TypeIndex = number & { readonly [space]: "type" };

/** Parameters and results of a function or of a multi-value block. */
export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/**
 * What a block takes from and leaves on the operand stack: nothing (`undefined`), one result, or a
 * signature (multi-value), given literally or as an interned type.
 */
export type BlockType = ValueType | TypeIndex | Signature | undefined;

/** Size limits of a memory, in pages of 64 KiB. A shared memory needs a maximum. */
export interface MemoryLimits {
  readonly initial: number;
  readonly maximum?: number;
  readonly shared?: boolean;
}

/** Size limits of a table, in entries. */
export interface TableLimits {
  readonly initial: number;
  readonly maximum?: number;
}

/**
 * Where an element or data segment goes: a constant, or an immutable imported `i32` global, which
 * lets one stored module be instantiated at different places.
 */
export type SegmentOffset = number | { readonly global: GlobalIndex };

/** A parameter or local variable of one function. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
  readonly name: string | undefined;
}

/** Which construct a label belongs to. */
export type LabelKind = "function" | "block" | "loop" | "if" | "else";

/**
 * The target of branches: the start of a loop, the end of any other construct. It is valid only
 * while its construct is open, in the function that opened it.
 */
export interface Label {
  readonly kind: LabelKind;
  /** How many constructs enclose this one; the function body's label has 0. */
  readonly height: number;
}

/** The byte that stands for a value type in the binary format. */
export const valueTypeCode: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
};
