/** Instructions as assembly text. */
import type { Instruction, Isa } from "@isovm/isa-spec";
import type { Decoded } from "../decode/decoded.ts";
import { type AssemblyLanguage, languageOf } from "../syntax/language.ts";
import { mnemonicText } from "../syntax/mnemonic.ts";
import { operandText } from "../syntax/operand-text.ts";
import { render } from "../syntax/template.ts";
import { type Alias, aliasesOf, findAlias } from "./aliases.ts";

/** How instructions are printed. */
export interface DisassemblyOptions {
  /** Prefer the ISA's pseudo-instructions: `ret` rather than `jalr zero,0(ra)`. */
  readonly aliases?: boolean;
  /** A name for the target of a jump, such as `loop` or `table+0x8`. */
  readonly symbolAt?: (address: bigint) => string | undefined;
}

/**
 * Prints the instructions of an ISA, one by one, so that its assembler reads them back.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Decoder, Disassembler } from "@isovm/decoder";
 * import { rv64 } from "@isovm/riscv";
 *
 * const isa = rv64();
 * const decoded = new Decoder(isa).decode(0x00008067);
 * assert(decoded);
 * assert.equal(new Disassembler(isa).text(decoded, 0n), "jalr zero,0(ra)");
 * assert.equal(new Disassembler(isa, { aliases: true }).text(decoded, 0n), "ret");
 * ```
 */
export class Disassembler {
  readonly isa: Isa;
  private readonly options: DisassemblyOptions;
  private readonly language: AssemblyLanguage;
  private readonly aliases: ReadonlyMap<Instruction, readonly Alias[]>;

  constructor(isa: Isa, options: DisassemblyOptions = {}) {
    this.isa = isa;
    this.options = options;
    this.language = languageOf(isa);
    this.aliases = options.aliases === true ? aliasesOf(this.language) : new Map();
  }

  /**
   * The text of an instruction at `address`: mnemonic, a space, operands separated by commas.
   *
   * Without aliases it is the text of `objdump -M no-aliases`, wherever rows follow the names of
   * GNU binutils.
   */
  text(decoded: Decoded, address: bigint): string {
    const { row, fields } = decoded;
    const context = {
      address,
      addressWidth: this.isa.addressWidth,
      symbolAt: this.options.symbolAt,
    };
    const operand = (name: string): string => {
      const definition = row.operands[name];
      return definition ? operandText(definition, fields[name] ?? 0n, context) : name;
    };
    const alias = findAlias(this.aliases.get(row) ?? [], fields);
    if (alias) {
      const bound = (name: string): string => operand(alias.bindings.get(name) ?? name);
      return join(
        alias.mnemonic,
        render(alias.template, bound, () => false),
      );
    }
    const isOmitted = (name: string): boolean => fields[name] === row.operands[name]?.omitted;
    return join(mnemonicText(row, fields), render(this.language.template(row), operand, isOmitted));
  }
}

function join(mnemonic: string, operands: string): string {
  return operands === "" ? mnemonic : `${mnemonic} ${operands}`;
}
