/**
 * One method for every instruction whose encoding follows from its row alone: no immediates, a
 * fixed memory index, or a memory argument. Types and code derive from the table, so that a new
 * instruction of this kind is a new row and nothing else.
 *
 * Much code of a guest is emitted while the host's JavaScript engine still interprets this file, so
 * what counts is how few calls and property loads an instruction takes. Hence the buffer lies in
 * the emitter itself and room is checked once per instruction, against a stored limit. Every
 * function warms up by itself, so the closures delegate to a few methods that get hot soon.
 *
 * @module
 */
import { EmitError } from "./errors.ts";
import { writeU32 } from "./leb128.ts";
import type { MethodName, rows } from "./opcodes.ts";
import { type Instruction, instructions, type Mnemonic, methodName } from "./opcodes.ts";
import type { Validator } from "./validate.ts";

type ImmediatesOf<M extends Mnemonic> = (typeof rows)[M][1];

/** Mnemonics whose method takes no arguments. */
type PlainMnemonic = {
  [M in Mnemonic]: ImmediatesOf<M> extends "none" | "memory" | "memoryPair" ? M : never;
}[Exclude<Mnemonic, "else" | "end">];

/** Loads and stores. */
type MemoryMnemonic = {
  [M in Mnemonic]: ImmediatesOf<M> extends "memoryArgument" ? M : never;
}[Mnemonic];

/** Methods of the form `code.i64Add()`. */
export type PlainMethods = { readonly [M in PlainMnemonic as MethodName<M>]: () => void };

/**
 * Methods of the form `code.i64Load32U(offset, alignment)`. Both are in bytes; the offset (0 …
 * 2^32 - 1, default 0) is added to the address operand, the alignment is a power of two, at most
 * and by default the access size, and only a hint to the host.
 */
export type MemoryMethods = {
  readonly [M in MemoryMnemonic as MethodName<M>]: (offset?: number, alignment?: number) => void;
};

/** No instruction but `br_table`, which checks by itself, takes more bytes. */
export const longestInstruction = 16;

/** The code of one function as bytes. */
class InstructionEmitter {
  /** The code, up to `position`. */
  protected bytes: Uint8Array;
  protected position = 0;
  /** The last position at which any instruction fits; beyond, `grow` is due. */
  protected limit: number;
  /** Follows the operand stack, if the module is built with `validate: true`. */
  protected readonly validator: Validator | undefined;

  constructor(bytes: Uint8Array, validator: Validator | undefined) {
    this.bytes = bytes;
    this.limit = bytes.length - longestInstruction;
    this.validator = validator;
  }

  /** Doubles the buffer. */
  protected grow(): void {
    const grown = new Uint8Array(this.bytes.length * 2 + longestInstruction);
    grown.set(this.bytes);
    this.bytes = grown;
    this.limit = grown.length - longestInstruction;
  }

  /** Appends encoded instructions. */
  protected append(code: Uint8Array): void {
    const { length } = code;
    while (this.position + length > this.limit) this.grow();
    this.bytes.set(code, this.position);
    this.position += length;
  }

  /** Appends an instruction of one byte. */
  protected plain(row: Instruction, opcode: number): void {
    if (this.validator !== undefined) this.validator.apply(row);
    if (this.position > this.limit) this.grow();
    this.bytes[this.position++] = opcode;
  }

  /** Appends a load or store. */
  protected memoryAccess(
    row: Instruction,
    opcode: number,
    alignmentLog2: number,
    offset = 0,
    alignment?: number,
  ): void {
    const log2 =
      alignment === undefined ? alignmentLog2 : checkedLog2(row, alignment, alignmentLog2);
    if (offset >>> 0 !== offset) throw offsetError(row, offset);
    if (this.validator !== undefined) this.validator.apply(row);
    if (this.position > this.limit) this.grow();
    this.bytes[this.position++] = opcode;
    this.bytes[this.position++] = log2;
    if (offset < 0x80) this.bytes[this.position++] = offset;
    else this.position = writeU32(this.bytes, this.position, offset);
  }

  /** Appends an opcode and one index. */
  protected indexed(opcode: number, index: number): void {
    if (this.position > this.limit) this.grow();
    this.bytes[this.position++] = opcode;
    if (index < 0x80) this.bytes[this.position++] = index;
    else this.position = writeU32(this.bytes, this.position, index);
  }

  static {
    const define = (row: Instruction, value: (this: InstructionEmitter) => void): void => {
      Object.defineProperty(InstructionEmitter.prototype, methodName(row.mnemonic), { value });
    };
    for (const row of instructions) {
      const { opcode, alignmentLog2 } = row;
      if (row.mnemonic === "else" || row.mnemonic === "end") continue;
      if (row.immediates === "memoryArgument") {
        define(row, function (this: InstructionEmitter, offset?: number, alignment?: number) {
          this.memoryAccess(row, opcode, alignmentLog2, offset, alignment);
        });
      } else if (opcode > 0xff || row.immediates === "memory") {
        const encoded = opcode > 0xff ? [opcode >> 8, opcode & 0xff] : [opcode];
        if (row.immediates !== "none") encoded.push(0);
        if (row.immediates === "memoryPair") encoded.push(0);
        define(row, function () {
          if (this.validator !== undefined) this.validator.apply(row);
          if (this.position > this.limit) this.grow();
          for (const byte of encoded) this.bytes[this.position++] = byte;
        });
      } else if (row.immediates === "none") {
        define(row, function () {
          this.plain(row, opcode);
        });
      }
    }
  }
}

function checkedLog2(row: Instruction, alignment: number, naturalLog2: number): number {
  const log2 = 31 - Math.clz32(alignment);
  if (1 << log2 !== alignment || log2 > naturalLog2) {
    throw new EmitError(
      `${row.mnemonic}: alignment ${alignment} is no power of two up to ${1 << naturalLog2}`,
      { instruction: row.mnemonic },
    );
  }
  return log2;
}

function offsetError(row: Instruction, offset: number): EmitError {
  return new EmitError(`${row.mnemonic}: offset ${offset} does not fit 32 bits`, {
    instruction: row.mnemonic,
  });
}

/** The base class of function builders: all instructions that need no context. */
export const InstructionMethods: new (
  bytes: Uint8Array,
  validator: Validator | undefined,
) => InstructionEmitter & PlainMethods & MemoryMethods = InstructionEmitter as never;
