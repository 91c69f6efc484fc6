/** Registers as rows see them: files, single registers and aliases of parts of them. */
import { SpecificationError } from "../errors.ts";
import { type Bits, bits, concat, fromExpression } from "./bits.ts";
import type { OperandText } from "./operand.ts";
import { Operand } from "./operand.ts";
import { emit, temporary } from "./recorder.ts";

/** What a register file is; plain data that layouts, tests and documentation derive from. */
export interface RegisterFileDefinition<W extends number = number> {
  readonly name: string;
  /** Number of registers. */
  readonly count: number;
  /** Width of each in bits. */
  readonly width: W;
  /** The register that reads as zero and ignores writes. */
  readonly zero?: number;
  /** Names in assembly text, by register number; `x7` for number 7 of file `x` is understood too. */
  readonly names?: readonly string[];
  /** Further names that an assembler understands, with the register's number: `{ fp: 8 }`. */
  readonly otherNames?: Readonly<Record<string, number>>;
}

/** A register that can be read. */
export interface SourceRegister<W extends number> {
  /** The register's number as the instruction gives it. */
  readonly index: Bits;
  /** Width in bits. */
  readonly width: W;
  /** Records reading it. */
  read(): Bits<W>;
}

/** A register that can be written. */
export interface DestinationRegister<W extends number> {
  /** The register's number as the instruction gives it. */
  readonly index: Bits;
  /** Width in bits. */
  readonly width: W;
  /** Records writing it. */
  write(value: Bits<W>): void;
}

/** A register that can be read and written. */
export interface Register<W extends number> extends SourceRegister<W>, DestinationRegister<W> {}

/**
 * A file of `count` registers of `W` bits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { RegisterFile } from "@isovm/isa-spec";
 *
 * const x = new RegisterFile({ name: "x", count: 32, width: 64, zero: 0 });
 * assert.equal(x.source().width, 5);
 * ```
 */
export class RegisterFile<W extends number> {
  readonly definition: RegisterFileDefinition<W>;
  /** Bits that a full register number takes. */
  readonly indexWidth: number;

  constructor(definition: RegisterFileDefinition<W>) {
    if (definition.names && definition.names.length !== definition.count) {
      throw new SpecificationError(
        `register file ${definition.name} has ${definition.count} registers but ${definition.names.length} names`,
        { subject: definition.name },
      );
    }
    this.definition = definition;
    this.indexWidth = Math.max(1, Math.ceil(Math.log2(definition.count)));
  }

  /** The register of the given number. */
  at(index: Bits | number): Register<W> {
    const number = typeof index === "number" ? bits(this.indexWidth, index) : index;
    return new FileRegister(this.definition, number);
  }

  /** An operand that is read. `first` is added to the field: registers `first` and up. */
  source(width?: number, first = 0): Operand<SourceRegister<W>> {
    return this.operand("read", width, first);
  }
  /** An operand that is written. */
  destination(width?: number, first = 0): Operand<DestinationRegister<W>> {
    return this.operand("write", width, first);
  }
  /** An operand that is read and written. */
  both(width?: number, first = 0): Operand<Register<W>> {
    return this.operand("both", width, first);
  }

  private operand(
    role: "read" | "write" | "both",
    width: number | undefined,
    first: number,
  ): Operand<Register<W>> {
    const text: OperandText = { kind: "register", file: this.definition, first, role };
    return new Operand(width ?? this.indexWidth, text, (field) => {
      const index = field.zeroExtend(this.indexWidth);
      return this.at(first === 0 ? index : index.add(first));
    });
  }
}

class FileRegister<W extends number> implements Register<W> {
  readonly definition: RegisterFileDefinition<W>;
  readonly index: Bits;
  readonly width: W;

  constructor(definition: RegisterFileDefinition<W>, index: Bits) {
    this.definition = definition;
    this.index = index;
    this.width = definition.width;
  }
  read(): Bits<W> {
    const { name: file, width } = this.definition;
    const result = temporary(width);
    const register = { file, width, index: this.index.expression };
    emit({ kind: "readRegister", result, register });
    return fromExpression(width, { kind: "temporary", ...result });
  }
  write(value: Bits<W>): void {
    const { name: file, width } = this.definition;
    const register = { file, width, index: this.index.expression };
    emit({ kind: "writeRegister", register, value: value.expression });
  }
}

/** A register that stands alone, such as a status word or one flag. */
export interface SingleRegister<W extends number> {
  readonly definition: RegisterFileDefinition<W>;
  /** Records reading it. */
  read(): Bits<W>;
  /** Records writing it. */
  write(value: Bits<W>): void;
}

/** A register of `width` bits that stands alone. */
export function singleRegister<W extends number>(name: string, width: W): SingleRegister<W> {
  const definition = { name, count: 1, width };
  return {
    definition,
    read() {
      const result = temporary(width);
      emit({ kind: "readRegister", result, register: { file: name, width, index: undefined } });
      return fromExpression(width, { kind: "temporary", ...result });
    },
    write(value) {
      const register = { file: name, width, index: undefined };
      emit({ kind: "writeRegister", register, value: value.expression });
    },
  };
}

/** Some of a register's bits, such as x86's `ah`. */
export interface RegisterPart<W extends number> {
  /** Records reading them. */
  read(): Bits<W>;
  /** Records writing them; the register's other bits stay. */
  write(value: Bits<W>): void;
}

/** Bits `low` to `low + width - 1` of a register; a write keeps the others. */
export function partOf<V extends number, W extends number>(
  whole: Pick<Register<W>, "read" | "write" | "width">,
  low: number,
  width: V,
): RegisterPart<V> {
  return {
    read: () => whole.read().extract(low, width),
    write(value) {
      const old = whole.read();
      const parts: Bits[] = [value];
      if (low + width < whole.width) {
        parts.unshift(old.extract(low + width, whole.width - low - width));
      }
      if (low > 0) parts.push(old.extract(0, low));
      whole.write(concat(whole.width, ...parts));
    },
  };
}
