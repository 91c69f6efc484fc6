/**
 * One method for every instruction whose encoding follows from its row alone: no immediates, a
 * fixed memory index, or a memory argument. Types and code derive from the table, so that a new
 * instruction of this kind is a new row and nothing else. Measured: no slower than methods written
 * out by hand, since each call site sees one constant closure.
 *
 * @module
 */
import type { ByteWriter } from "./byte-writer.ts";
import { EmitError } from "./errors.ts";
import type { MethodName, rows } from "./opcodes.ts";
import { type Instruction, instructions, type Mnemonic, methodName } from "./opcodes.ts";
import type { Validator } from "./validate.ts";

type ImmediatesOf<M extends Mnemonic> = (typeof rows)[M][1];

/** Mnemonics whose method takes no arguments. */
type PlainMnemonic = {
  [M in Mnemonic]: ImmediatesOf<M> extends "none" | "memory" | "memoryPair" ? M : never;
}[Exclude<Mnemonic, "if" | "else" | "end">];

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

/** What the methods of this file write to. */
class InstructionEmitter {
  /** Receives the bytes of the body. */
  protected readonly writer: ByteWriter;
  /** Follows the operand stack, if the module is built with `validate: true`. */
  protected readonly validator: Validator | undefined;

  constructor(writer: ByteWriter, validator: Validator | undefined) {
    this.writer = writer;
    this.validator = validator;
  }

  static {
    const define = (row: Instruction, value: (this: InstructionEmitter) => void): void => {
      Object.defineProperty(InstructionEmitter.prototype, methodName(row.mnemonic), { value });
    };
    for (const row of instructions) {
      const { opcode, alignmentLog2 } = row;
      if (row.mnemonic === "else" || row.mnemonic === "end") continue;
      if (row.immediates === "memoryArgument") {
        define(row, function (this: InstructionEmitter, offset = 0, alignment?: number) {
          const log2 =
            alignment === undefined ? alignmentLog2 : checkedLog2(row, alignment, alignmentLog2);
          if (offset >>> 0 !== offset) throw offsetError(row, offset);
          if (this.validator !== undefined) this.validator.apply(row);
          this.writer.byte2(opcode, log2);
          this.writer.u32(offset);
        });
      } else if (row.immediates === "memory" || row.immediates === "memoryPair") {
        const bytes = opcode > 0xff ? [opcode >> 8, opcode & 0xff] : [opcode];
        bytes.push(0);
        if (row.immediates === "memoryPair") bytes.push(0);
        const encoded = Uint8Array.from(bytes);
        define(row, function () {
          if (this.validator !== undefined) this.validator.apply(row);
          this.writer.bytes(encoded);
        });
      } else if (row.immediates === "none" && opcode > 0xff) {
        const [prefix, second] = [opcode >> 8, opcode & 0xff];
        define(row, function () {
          if (this.validator !== undefined) this.validator.apply(row);
          this.writer.byte2(prefix, second);
        });
      } else if (row.immediates === "none") {
        define(row, function () {
          if (this.validator !== undefined) this.validator.apply(row);
          this.writer.byte(opcode);
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
  writer: ByteWriter,
  validator: Validator | undefined,
) => InstructionEmitter & PlainMethods & MemoryMethods = InstructionEmitter as never;
