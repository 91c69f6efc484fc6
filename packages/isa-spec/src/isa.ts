/** An instruction-set architecture: rows, registers and the framing of the instruction stream. */
import type { AssemblySyntax } from "./assembly-syntax.ts";
import type { RegisterFileDefinition } from "./builder/registers.ts";
import { SpecificationError } from "./errors.ts";
import type { Instruction } from "./instruction.ts";
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
  const instructions = definition.extensions.flatMap((extension) => extension.instructions);
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
