/**
 * The instructions of WebAssembly, one row each: opcode, kind of immediates, operands, results.
 * The builder's methods, the encoder, the validator and the text printer all derive from this
 * table. Control instructions and the polymorphic ones have no fixed signature and end in
 * `structural`; the validator and the printer know those by name.
 *
 * @see WebAssembly Core Specification 2.0, 5.4 (binary format) and A.7 (index of instructions);
 *   tail calls: https://github.com/WebAssembly/tail-call
 * @module
 */
import type { ValueType } from "./types.ts";

/** What follows an opcode in the byte stream. */
export type Immediates =
  | "none"
  | "blockType"
  | "label"
  | "labelTable"
  | "function"
  | "typeAndTable"
  | "local"
  | "global"
  | "memoryArgument"
  | "memory"
  | "memoryPair"
  | "i32"
  | "i64"
  | "f32"
  | "f64";

/**
 * Every instruction the emitter knows, keyed by its mnemonic. A row is
 * `[opcode, immediates, operands, results]`; an opcode above 0xff is a prefix byte followed by a
 * second byte. Operands and results are space-separated value types.
 */
export const rows = {
  unreachable: [0x00, "none", "structural"],
  nop: [0x01, "none", "", ""],
  block: [0x02, "blockType", "structural"],
  loop: [0x03, "blockType", "structural"],
  if: [0x04, "blockType", "structural"],
  else: [0x05, "none", "structural"],
  end: [0x0b, "none", "structural"],
  br: [0x0c, "label", "structural"],
  br_if: [0x0d, "label", "structural"],
  br_table: [0x0e, "labelTable", "structural"],
  return: [0x0f, "none", "structural"],
  call: [0x10, "function", "structural"],
  call_indirect: [0x11, "typeAndTable", "structural"],
  return_call: [0x12, "function", "structural"],
  return_call_indirect: [0x13, "typeAndTable", "structural"],
  drop: [0x1a, "none", "structural"],
  select: [0x1b, "none", "structural"],

  "local.get": [0x20, "local", "structural"],
  "local.set": [0x21, "local", "structural"],
  "local.tee": [0x22, "local", "structural"],
  "global.get": [0x23, "global", "structural"],
  "global.set": [0x24, "global", "structural"],

  "i32.load": [0x28, "memoryArgument", "i32", "i32"],
  "i64.load": [0x29, "memoryArgument", "i32", "i64"],
  "f32.load": [0x2a, "memoryArgument", "i32", "f32"],
  "f64.load": [0x2b, "memoryArgument", "i32", "f64"],
  "i32.load8_s": [0x2c, "memoryArgument", "i32", "i32"],
  "i32.load8_u": [0x2d, "memoryArgument", "i32", "i32"],
  "i32.load16_s": [0x2e, "memoryArgument", "i32", "i32"],
  "i32.load16_u": [0x2f, "memoryArgument", "i32", "i32"],
  "i64.load8_s": [0x30, "memoryArgument", "i32", "i64"],
  "i64.load8_u": [0x31, "memoryArgument", "i32", "i64"],
  "i64.load16_s": [0x32, "memoryArgument", "i32", "i64"],
  "i64.load16_u": [0x33, "memoryArgument", "i32", "i64"],
  "i64.load32_s": [0x34, "memoryArgument", "i32", "i64"],
  "i64.load32_u": [0x35, "memoryArgument", "i32", "i64"],
  "i32.store": [0x36, "memoryArgument", "i32 i32", ""],
  "i64.store": [0x37, "memoryArgument", "i32 i64", ""],
  "f32.store": [0x38, "memoryArgument", "i32 f32", ""],
  "f64.store": [0x39, "memoryArgument", "i32 f64", ""],
  "i32.store8": [0x3a, "memoryArgument", "i32 i32", ""],
  "i32.store16": [0x3b, "memoryArgument", "i32 i32", ""],
  "i64.store8": [0x3c, "memoryArgument", "i32 i64", ""],
  "i64.store16": [0x3d, "memoryArgument", "i32 i64", ""],
  "i64.store32": [0x3e, "memoryArgument", "i32 i64", ""],
  "memory.size": [0x3f, "memory", "", "i32"],
  "memory.grow": [0x40, "memory", "i32", "i32"],

  "i32.const": [0x41, "i32", "", "i32"],
  "i64.const": [0x42, "i64", "", "i64"],
  "f32.const": [0x43, "f32", "", "f32"],
  "f64.const": [0x44, "f64", "", "f64"],

  "i32.eqz": [0x45, "none", "i32", "i32"],
  "i32.eq": [0x46, "none", "i32 i32", "i32"],
  "i32.ne": [0x47, "none", "i32 i32", "i32"],
  "i32.lt_s": [0x48, "none", "i32 i32", "i32"],
  "i32.lt_u": [0x49, "none", "i32 i32", "i32"],
  "i32.gt_s": [0x4a, "none", "i32 i32", "i32"],
  "i32.gt_u": [0x4b, "none", "i32 i32", "i32"],
  "i32.le_s": [0x4c, "none", "i32 i32", "i32"],
  "i32.le_u": [0x4d, "none", "i32 i32", "i32"],
  "i32.ge_s": [0x4e, "none", "i32 i32", "i32"],
  "i32.ge_u": [0x4f, "none", "i32 i32", "i32"],
  "i64.eqz": [0x50, "none", "i64", "i32"],
  "i64.eq": [0x51, "none", "i64 i64", "i32"],
  "i64.ne": [0x52, "none", "i64 i64", "i32"],
  "i64.lt_s": [0x53, "none", "i64 i64", "i32"],
  "i64.lt_u": [0x54, "none", "i64 i64", "i32"],
  "i64.gt_s": [0x55, "none", "i64 i64", "i32"],
  "i64.gt_u": [0x56, "none", "i64 i64", "i32"],
  "i64.le_s": [0x57, "none", "i64 i64", "i32"],
  "i64.le_u": [0x58, "none", "i64 i64", "i32"],
  "i64.ge_s": [0x59, "none", "i64 i64", "i32"],
  "i64.ge_u": [0x5a, "none", "i64 i64", "i32"],
  "f32.eq": [0x5b, "none", "f32 f32", "i32"],
  "f32.ne": [0x5c, "none", "f32 f32", "i32"],
  "f32.lt": [0x5d, "none", "f32 f32", "i32"],
  "f32.gt": [0x5e, "none", "f32 f32", "i32"],
  "f32.le": [0x5f, "none", "f32 f32", "i32"],
  "f32.ge": [0x60, "none", "f32 f32", "i32"],
  "f64.eq": [0x61, "none", "f64 f64", "i32"],
  "f64.ne": [0x62, "none", "f64 f64", "i32"],
  "f64.lt": [0x63, "none", "f64 f64", "i32"],
  "f64.gt": [0x64, "none", "f64 f64", "i32"],
  "f64.le": [0x65, "none", "f64 f64", "i32"],
  "f64.ge": [0x66, "none", "f64 f64", "i32"],

  "i32.clz": [0x67, "none", "i32", "i32"],
  "i32.ctz": [0x68, "none", "i32", "i32"],
  "i32.popcnt": [0x69, "none", "i32", "i32"],
  "i32.add": [0x6a, "none", "i32 i32", "i32"],
  "i32.sub": [0x6b, "none", "i32 i32", "i32"],
  "i32.mul": [0x6c, "none", "i32 i32", "i32"],
  "i32.div_s": [0x6d, "none", "i32 i32", "i32"],
  "i32.div_u": [0x6e, "none", "i32 i32", "i32"],
  "i32.rem_s": [0x6f, "none", "i32 i32", "i32"],
  "i32.rem_u": [0x70, "none", "i32 i32", "i32"],
  "i32.and": [0x71, "none", "i32 i32", "i32"],
  "i32.or": [0x72, "none", "i32 i32", "i32"],
  "i32.xor": [0x73, "none", "i32 i32", "i32"],
  "i32.shl": [0x74, "none", "i32 i32", "i32"],
  "i32.shr_s": [0x75, "none", "i32 i32", "i32"],
  "i32.shr_u": [0x76, "none", "i32 i32", "i32"],
  "i32.rotl": [0x77, "none", "i32 i32", "i32"],
  "i32.rotr": [0x78, "none", "i32 i32", "i32"],
  "i64.clz": [0x79, "none", "i64", "i64"],
  "i64.ctz": [0x7a, "none", "i64", "i64"],
  "i64.popcnt": [0x7b, "none", "i64", "i64"],
  "i64.add": [0x7c, "none", "i64 i64", "i64"],
  "i64.sub": [0x7d, "none", "i64 i64", "i64"],
  "i64.mul": [0x7e, "none", "i64 i64", "i64"],
  "i64.div_s": [0x7f, "none", "i64 i64", "i64"],
  "i64.div_u": [0x80, "none", "i64 i64", "i64"],
  "i64.rem_s": [0x81, "none", "i64 i64", "i64"],
  "i64.rem_u": [0x82, "none", "i64 i64", "i64"],
  "i64.and": [0x83, "none", "i64 i64", "i64"],
  "i64.or": [0x84, "none", "i64 i64", "i64"],
  "i64.xor": [0x85, "none", "i64 i64", "i64"],
  "i64.shl": [0x86, "none", "i64 i64", "i64"],
  "i64.shr_s": [0x87, "none", "i64 i64", "i64"],
  "i64.shr_u": [0x88, "none", "i64 i64", "i64"],
  "i64.rotl": [0x89, "none", "i64 i64", "i64"],
  "i64.rotr": [0x8a, "none", "i64 i64", "i64"],

  "f32.abs": [0x8b, "none", "f32", "f32"],
  "f32.neg": [0x8c, "none", "f32", "f32"],
  "f32.ceil": [0x8d, "none", "f32", "f32"],
  "f32.floor": [0x8e, "none", "f32", "f32"],
  "f32.trunc": [0x8f, "none", "f32", "f32"],
  "f32.nearest": [0x90, "none", "f32", "f32"],
  "f32.sqrt": [0x91, "none", "f32", "f32"],
  "f32.add": [0x92, "none", "f32 f32", "f32"],
  "f32.sub": [0x93, "none", "f32 f32", "f32"],
  "f32.mul": [0x94, "none", "f32 f32", "f32"],
  "f32.div": [0x95, "none", "f32 f32", "f32"],
  "f32.min": [0x96, "none", "f32 f32", "f32"],
  "f32.max": [0x97, "none", "f32 f32", "f32"],
  "f32.copysign": [0x98, "none", "f32 f32", "f32"],
  "f64.abs": [0x99, "none", "f64", "f64"],
  "f64.neg": [0x9a, "none", "f64", "f64"],
  "f64.ceil": [0x9b, "none", "f64", "f64"],
  "f64.floor": [0x9c, "none", "f64", "f64"],
  "f64.trunc": [0x9d, "none", "f64", "f64"],
  "f64.nearest": [0x9e, "none", "f64", "f64"],
  "f64.sqrt": [0x9f, "none", "f64", "f64"],
  "f64.add": [0xa0, "none", "f64 f64", "f64"],
  "f64.sub": [0xa1, "none", "f64 f64", "f64"],
  "f64.mul": [0xa2, "none", "f64 f64", "f64"],
  "f64.div": [0xa3, "none", "f64 f64", "f64"],
  "f64.min": [0xa4, "none", "f64 f64", "f64"],
  "f64.max": [0xa5, "none", "f64 f64", "f64"],
  "f64.copysign": [0xa6, "none", "f64 f64", "f64"],

  "i32.wrap_i64": [0xa7, "none", "i64", "i32"],
  "i32.trunc_f32_s": [0xa8, "none", "f32", "i32"],
  "i32.trunc_f32_u": [0xa9, "none", "f32", "i32"],
  "i32.trunc_f64_s": [0xaa, "none", "f64", "i32"],
  "i32.trunc_f64_u": [0xab, "none", "f64", "i32"],
  "i64.extend_i32_s": [0xac, "none", "i32", "i64"],
  "i64.extend_i32_u": [0xad, "none", "i32", "i64"],
  "i64.trunc_f32_s": [0xae, "none", "f32", "i64"],
  "i64.trunc_f32_u": [0xaf, "none", "f32", "i64"],
  "i64.trunc_f64_s": [0xb0, "none", "f64", "i64"],
  "i64.trunc_f64_u": [0xb1, "none", "f64", "i64"],
  "f32.convert_i32_s": [0xb2, "none", "i32", "f32"],
  "f32.convert_i32_u": [0xb3, "none", "i32", "f32"],
  "f32.convert_i64_s": [0xb4, "none", "i64", "f32"],
  "f32.convert_i64_u": [0xb5, "none", "i64", "f32"],
  "f32.demote_f64": [0xb6, "none", "f64", "f32"],
  "f64.convert_i32_s": [0xb7, "none", "i32", "f64"],
  "f64.convert_i32_u": [0xb8, "none", "i32", "f64"],
  "f64.convert_i64_s": [0xb9, "none", "i64", "f64"],
  "f64.convert_i64_u": [0xba, "none", "i64", "f64"],
  "f64.promote_f32": [0xbb, "none", "f32", "f64"],
  "i32.reinterpret_f32": [0xbc, "none", "f32", "i32"],
  "i64.reinterpret_f64": [0xbd, "none", "f64", "i64"],
  "f32.reinterpret_i32": [0xbe, "none", "i32", "f32"],
  "f64.reinterpret_i64": [0xbf, "none", "i64", "f64"],
  "i32.extend8_s": [0xc0, "none", "i32", "i32"],
  "i32.extend16_s": [0xc1, "none", "i32", "i32"],
  "i64.extend8_s": [0xc2, "none", "i64", "i64"],
  "i64.extend16_s": [0xc3, "none", "i64", "i64"],
  "i64.extend32_s": [0xc4, "none", "i64", "i64"],

  "i32.trunc_sat_f32_s": [0xfc00, "none", "f32", "i32"],
  "i32.trunc_sat_f32_u": [0xfc01, "none", "f32", "i32"],
  "i32.trunc_sat_f64_s": [0xfc02, "none", "f64", "i32"],
  "i32.trunc_sat_f64_u": [0xfc03, "none", "f64", "i32"],
  "i64.trunc_sat_f32_s": [0xfc04, "none", "f32", "i64"],
  "i64.trunc_sat_f32_u": [0xfc05, "none", "f32", "i64"],
  "i64.trunc_sat_f64_s": [0xfc06, "none", "f64", "i64"],
  "i64.trunc_sat_f64_u": [0xfc07, "none", "f64", "i64"],
  "memory.copy": [0xfc0a, "memoryPair", "i32 i32 i32", ""],
  "memory.fill": [0xfc0b, "memory", "i32 i32 i32", ""],
} as const;

/** A WebAssembly instruction's name as the specification's text format spells it. */
export type Mnemonic = keyof typeof rows;

/** One row of the table, unpacked. */
export interface Instruction {
  readonly mnemonic: Mnemonic;
  /** The opcode byte, or prefix byte * 256 + second byte. */
  readonly opcode: number;
  readonly immediates: Immediates;
  /** Whether the signature depends on context, so that `operands` and `results` are empty. */
  readonly structural: boolean;
  /** Operand types, the topmost last. */
  readonly operands: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** For loads and stores log2 of the access size in bytes, else 0. */
  readonly alignmentLog2: number;
}

/** The method of a function builder that emits the mnemonic: `i64.load32_u` becomes `i64Load32U`. */
export type MethodName<M extends string> = M extends `${infer Head}.${infer Tail}`
  ? `${Head}${Capitalize<MethodName<Tail>>}`
  : M extends `${infer Head}_${infer Tail}`
    ? `${Head}${Capitalize<MethodName<Tail>>}`
    : M;

/** The same at run time. */
export function methodName<M extends Mnemonic>(mnemonic: M): MethodName<M> {
  const camel = mnemonic.replace(/[._]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return camel as MethodName<M>;
}

function valueTypes(list: string): ValueType[] {
  return list === "" ? [] : (list.split(" ") as ValueType[]);
}

function accessSizeLog2(mnemonic: string): number {
  const access = /^[if](32|64)\.(?:load|store)(8|16|32)?/.exec(mnemonic);
  return access === null ? 0 : Math.log2(Number(access[2] ?? access[1]) / 8);
}

function unpack(mnemonic: Mnemonic): Instruction {
  const [opcode, immediates, operands, results]: readonly [number, Immediates, string, string?] =
    rows[mnemonic];
  const structural = operands === "structural";
  return {
    mnemonic,
    opcode,
    immediates,
    structural,
    operands: structural ? [] : valueTypes(operands),
    results: structural ? [] : valueTypes(results ?? ""),
    alignmentLog2: accessSizeLog2(mnemonic),
  };
}

/** All instructions in the order of their opcodes. */
export const instructions: readonly Instruction[] = (Object.keys(rows) as Mnemonic[]).map(unpack);

const byOpcode = new Map<number, Instruction>(instructions.map((row) => [row.opcode, row]));

/** The instruction with that opcode (prefix * 256 + second byte), if the emitter knows it. */
export function instructionByOpcode(opcode: number): Instruction | undefined {
  return byOpcode.get(opcode);
}
