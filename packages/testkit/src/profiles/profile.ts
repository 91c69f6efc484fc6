/** What generators and the runner have to know of an ISA beside its rows. */
import type { Instruction, Isa } from "@isovm/isa-spec";
import type { EncodedInstruction } from "../program/encoded.ts";
import type { FixedRegister } from "../program/row-shape.ts";

/** The conventions by which test programs of one ISA are built. */
export interface TestProfile {
  readonly isa: Isa;
  /** Instructions without any effect, one for each length, the longest first. */
  readonly nops: readonly EncodedInstruction[];
  /** The instruction behind the last one of a program, and the effect that it stops with. */
  readonly exit: EncodedInstruction;
  readonly exitEffect: string;
  /**
   * Registers that hold addresses in the sandbox, so that loads and stores usually hit mapped
   * memory. Generated instructions don't write them.
   */
  readonly sandboxRegisters: readonly FixedRegister[];
  /** A register for the target of indirect jumps. */
  readonly scratch: FixedRegister;
  /** A register that counts the rounds of a loop; generated instructions don't write it. */
  readonly counter: FixedRegister;
  /** Instructions that put the address `distance` bytes from the first of them into `scratch`. */
  readonly codeAddress: (distance: number) => readonly EncodedInstruction[];
  /** Instructions that begin and end a loop of `rounds` rounds, counted in `counter`. */
  readonly loop: (rounds: number) => LoopCode;
  /** Register files that hold floating-point values, with the widths of their formats in bits. */
  readonly floatFiles: Readonly<Record<string, readonly (16 | 32 | 64)[]>>;
  /** Values that the registers of a file should usually have, such as valid modes. */
  readonly usualRegisters: Readonly<Record<string, readonly bigint[]>>;
  /** Values that an operand should usually have, such as the numbers of control registers. */
  readonly usualValues: (row: Instruction, operand: string) => readonly bigint[] | undefined;
}

/** The instructions around a loop's body. */
export interface LoopCode {
  readonly begin: readonly EncodedInstruction[];
  /** `distance` in bytes leads from the first instruction of the end to the body's first. */
  readonly end: (distance: number) => readonly EncodedInstruction[];
}
