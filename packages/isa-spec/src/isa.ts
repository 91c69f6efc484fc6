/** An instruction-set architecture: rows, registers and the framing of the instruction stream. */
import type { AssemblySyntax } from "./assembly-syntax.ts";
import type { RegisterFileDefinition } from "./builder/registers.ts";
import type { DebuggerDescription } from "./debugger.ts";
import { SpecificationError } from "./errors.ts";
import { type Instruction, surround } from "./instruction.ts";
import { layoutState, type StateLayout } from "./layout.ts";
import type { PseudoInstruction } from "./pseudo.ts";

/** Instructions that the manual describes in one chapter. */
export interface Extension {
  /** Short name, as the manual has it: `"Zbb"`. */
  readonly name: string;
  readonly title: string;
  readonly instructions: readonly Instruction[];
  readonly pseudoInstructions?: readonly PseudoInstruction[];
}

/**
 * A parcel in front of an instruction that changes what the rest means, such as x86's 0x66. It is no
 * part of the instruction word.
 */
export interface Prefix {
  readonly name: string;
  /** The prefix is a parcel with `(parcel & mask) === match`. */
  readonly mask: number;
  readonly match: number;
  /** What it gives to the decode context; of several prefixes, the last one to name a key counts. */
  readonly sets: Readonly<Record<string, number>>;
}

/** How the bytes in memory become instruction words. */
export interface Framing {
  /** Instructions are multiples of this and aligned to it; what a decoder looks at first. */
  readonly parcelBytes: 1 | 2 | 4;
  /** Order of an instruction's bytes: in `"little"` the first byte is the word's lowest. */
  readonly byteOrder: "little" | "big";
  /**
   * Length in bytes by the first parcel: the first entry with `(parcel & mask) === match`. An
   * instruction set without such a rule (x86) gives none; its decoder tries rows by length.
   */
  readonly lengths: readonly {
    readonly mask: number;
    readonly match: number;
    readonly sizeBytes: number;
  }[];
  /** Prefixes, any number of which stand before an instruction in any order. */
  readonly prefixes?: readonly Prefix[];
  /** The decode context of an instruction without prefixes: `{ operandSize: 32 }`. */
  readonly context?: Readonly<Record<string, number>>;
  /** Bytes that an instruction has at most, its prefixes included; 15 for x86. */
  readonly longestBytes?: number;
}

/** A host function behind an `intrinsic` statement. */
export type Intrinsic = (operands: readonly bigint[]) => bigint;

/** What {@link defineIsa} makes an ISA from. */
export interface IsaDefinition {
  readonly name: string;
  /** Width of the program counter and of addresses in bits. */
  readonly addressWidth: 32 | 64;
  /** Register files and single registers, all that an instruction can read or write. */
  readonly registers: readonly RegisterFileDefinition[];
  readonly framing: Framing;
  readonly extensions: readonly Extension[];
  readonly syntax: AssemblySyntax;
  /**
   * What the manual says once for all instructions: recorded about the semantics of every row,
   * which stand where it calls `body`. PA-RISC nullifies instructions and advances its queue of
   * instruction addresses so.
   */
  readonly sequencing?: (body: () => void) => void;
  /**
   * Mnemonics of instructions that programs often execute one after the other: by the first one,
   * the second ones. A hint to engines, which may execute such pairs as one; it changes no result.
   * Instructions that the ISA lacks are ignored.
   */
  readonly frequentPairs?: Readonly<Record<string, readonly string[]>>;
  /** How a debugger shows the registers; without it there is no debugging. */
  readonly debugger?: DebuggerDescription;
}

/** An ISA as engines, decoders and tests take it. */
export interface Isa extends IsaDefinition {
  readonly layout: StateLayout;
  /** The rows of all extensions. */
  readonly instructions: readonly Instruction[];
  readonly pseudoInstructions: readonly PseudoInstruction[];
}

/**
 * An ISA from its parts.
 *
 * @throws SpecificationError if two rows have one encoding or a register file is named twice.
 */
export function defineIsa(definition: IsaDefinition): Isa {
  const { sequencing } = definition;
  const rows = definition.extensions.flatMap((extension) => extension.instructions);
  const instructions = sequencing ? rows.map((row) => surround(row, sequencing)) : rows;
  const encodings = new Map<string, string>();
  for (const row of instructions) {
    if (Object.values(row.operands).some((operand) => operand.excluded.length > 0)) continue;
    const { width, mask, match } = row.pattern;
    const key = `${width}:${mask}:${match}:${JSON.stringify(row.context)}`;
    const other = encodings.get(key);
    if (other !== undefined) {
      throw new SpecificationError(`${row.mnemonic} and ${other} have the same encoding`, {
        subject: row.mnemonic,
      });
    }
    encodings.set(key, row.mnemonic);
  }
  return {
    ...definition,
    layout: layoutState(definition.registers),
    instructions,
    pseudoInstructions: definition.extensions.flatMap(
      (extension) => extension.pseudoInstructions ?? [],
    ),
  };
}

/**
 * The ISA with one more extension: how a host adds instructions of its own.
 *
 * @throws SpecificationError if a new row has the encoding of an existing one.
 */
export function extendIsa(isa: Isa, extension: Extension): Isa {
  return defineIsa({
    ...isa,
    name: `${isa.name}_${extension.name}`,
    extensions: [...isa.extensions, extension],
  });
}
