/** The assembly language of an ISA: what its words mean, looked up by name. */
import type { Instruction, Isa, PseudoInstruction } from "@isovm/isa-spec";
import type { ExpressionNames } from "./expression.ts";
import { type Mnemonic, mnemonicsOf } from "./mnemonic.ts";
import { parseTemplate, type TemplateItem, templateOf } from "./template.ts";

/** A row under one spelling of its mnemonic. */
export interface RowForm {
  readonly row: Instruction;
  readonly mnemonic: Mnemonic;
  readonly template: readonly TemplateItem[];
}

/** A pseudo-instruction with its syntax taken apart. */
export interface PseudoForm {
  readonly pseudo: PseudoInstruction;
  readonly mnemonic: string;
  readonly template: readonly TemplateItem[];
}

/** The name and number of a register. */
export interface RegisterName {
  readonly file: string;
  readonly number: number;
}

/** The words of an ISA's assembly language. */
export class AssemblyLanguage {
  readonly isa: Isa;
  /** What expressions must know: which names are registers and relocations. */
  readonly names: ExpressionNames;
  private readonly registers: ReadonlyMap<string, RegisterName>;
  private readonly rows: ReadonlyMap<string, readonly RowForm[]>;
  private readonly pseudos: ReadonlyMap<string, readonly PseudoForm[]>;
  private readonly templates: ReadonlyMap<Instruction, readonly TemplateItem[]>;

  constructor(isa: Isa) {
    this.isa = isa;
    this.registers = registersOf(isa);
    this.templates = new Map(isa.instructions.map((row) => [row, templateOf(row)]));
    const forms = isa.instructions.flatMap((row) =>
      mnemonicsOf(row).map((mnemonic) => ({ row, mnemonic, template: this.template(row) })),
    );
    this.rows = groupBy(forms, (form) => form.mnemonic.text);
    this.pseudos = groupBy(
      isa.pseudoInstructions.map((pseudo) =>
        pseudoForm(pseudo, (name) => this.registers.has(name)),
      ),
      (form) => form.mnemonic,
    );
    const { relocations } = isa.syntax;
    this.names = {
      isRelocation: (name) => Object.hasOwn(relocations, name),
      isRegister: (name) => this.registers.has(name),
    };
  }

  /** The syntax of a row behind its mnemonic. */
  template(row: Instruction): readonly TemplateItem[] {
    return this.templates.get(row) ?? templateOf(row);
  }
  /** The register of this name. */
  register(name: string): RegisterName | undefined {
    return this.registers.get(name);
  }
  /** The rows that have this mnemonic. */
  rowForms(mnemonic: string): readonly RowForm[] {
    return this.rows.get(mnemonic) ?? [];
  }
  /** The pseudo-instructions that have this mnemonic, those that are only printed included. */
  pseudoForms(mnemonic: string): readonly PseudoForm[] {
    return this.pseudos.get(mnemonic) ?? [];
  }
  /** All mnemonics of rows and pseudo-instructions. */
  mnemonics(): readonly string[] {
    return [...this.rows.keys(), ...this.pseudos.keys()];
  }
}

const languages = new WeakMap<Isa, AssemblyLanguage>();

/** The assembly language of an ISA; made at first use. */
export function languageOf(isa: Isa): AssemblyLanguage {
  const known = languages.get(isa);
  if (known) return known;
  const language = new AssemblyLanguage(isa);
  languages.set(isa, language);
  return language;
}

/** Mnemonic and operand text of a line such as `"add a0, a1, a2"`. */
export function splitMnemonic(text: string): readonly [mnemonic: string, operands: string] {
  const trimmed = text.trim();
  const [mnemonic = ""] = /^\S*/.exec(trimmed) ?? [];
  return [mnemonic, trimmed.slice(mnemonic.length).trim()];
}

/** A pseudo-instruction with its syntax taken apart: a name in it is an operand or a register. */
export function pseudoForm(
  pseudo: PseudoInstruction,
  isRegister: (name: string) => boolean,
): PseudoForm {
  const [mnemonic, operands] = splitMnemonic(pseudo.syntax);
  return { pseudo, mnemonic, template: parseTemplate(operands, (name) => !isRegister(name)) };
}

function groupBy<Item>(
  items: readonly Item[],
  key: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

function registersOf(isa: Isa): Map<string, RegisterName> {
  const registers = new Map<string, RegisterName>();
  for (const row of isa.instructions) {
    for (const { text } of Object.values(row.operands)) {
      if (text.kind !== "register") continue;
      const { name: file, count, names, otherNames } = text.file;
      for (let number = 0; number < count; number += 1) {
        registers.set(`${file}${number}`, { file, number });
        const name = names?.[number];
        if (name !== undefined) registers.set(name, { file, number });
      }
      for (const [name, number] of Object.entries(otherNames ?? {})) {
        registers.set(name, { file, number });
      }
    }
  }
  return registers;
}
