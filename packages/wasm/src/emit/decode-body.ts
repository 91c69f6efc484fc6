/**
 * Reads a function body back into instructions, by the same table that it was emitted from.
 *
 * @see WebAssembly Core Specification 2.0, 5.4 (instructions) and 5.5.13 (code section)
 * @module
 */
import { ByteReader } from "./byte-reader.ts";
import { EmitError } from "./errors.ts";
import { type Instruction, instructionByOpcode } from "./opcodes.ts";
import { type ValueType, valueTypeCode } from "./types.ts";

/** An instruction with its immediates. */
export interface DecodedInstruction {
  readonly row: Instruction;
  /**
   * Immediates as the binary format orders them: an index; alignment (log2) and offset; label
   * depths, the default last; a block type, negative when it is no type index.
   */
  readonly immediates: readonly number[];
  /** The value of a `const` instruction. */
  readonly constant: number | bigint | undefined;
}

/** A function body taken apart. */
export interface DecodedBody {
  /** Types of the locals that follow the parameters. */
  readonly locals: readonly ValueType[];
  readonly instructions: readonly DecodedInstruction[];
}

const valueTypeByCode = new Map(
  Object.entries(valueTypeCode).map(([type, code]) => [code, type as ValueType]),
);

/** The value type that a byte stands for. Throws {@link EmitError} if there is none. */
export function valueTypeOfCode(code: number): ValueType {
  const type = valueTypeByCode.get(code);
  if (type === undefined) throw new EmitError(`0x${code.toString(16)} is no value type`);
  return type;
}

/** Decodes declarations of locals and code, up to and with the last `end`. */
export function decodeBody(body: Uint8Array): DecodedBody {
  const reader = new ByteReader(body);
  const locals: ValueType[] = [];
  for (let runs = reader.u32(); runs > 0; runs--) {
    const count = reader.u32();
    const type = valueTypeOfCode(reader.byte());
    for (let i = 0; i < count; i++) locals.push(type);
  }
  const instructions: DecodedInstruction[] = [];
  while (!reader.done) instructions.push(decodeInstruction(reader));
  return { locals, instructions };
}

function decodeInstruction(reader: ByteReader): DecodedInstruction {
  const first = reader.byte();
  const opcode = first === 0xfc ? first * 256 + reader.byte() : first;
  const row = instructionByOpcode(opcode);
  if (row === undefined) throw new EmitError(`0x${opcode.toString(16)} is no known opcode`);
  const immediates: number[] = [];
  let constant: number | bigint | undefined;
  switch (row.immediates) {
    case "none":
      break;
    case "blockType":
      immediates.push(reader.s33());
      break;
    case "label":
    case "function":
    case "local":
    case "global":
    case "memory":
      immediates.push(reader.u32());
      break;
    case "typeAndTable":
    case "memoryArgument":
    case "memoryPair":
      immediates.push(reader.u32(), reader.u32());
      break;
    case "labelTable":
      for (let count = reader.u32() + 1; count > 0; count--) immediates.push(reader.u32());
      break;
    case "i32":
      constant = reader.s33();
      break;
    case "i64":
      constant = reader.s64();
      break;
    case "f32":
      constant = reader.f32();
      break;
    case "f64":
      constant = reader.f64();
      break;
  }
  return { row, immediates, constant };
}
