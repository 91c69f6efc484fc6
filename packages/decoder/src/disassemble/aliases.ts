/** Pseudo-instructions the other way round: which shorthand an instruction is printed as. */
import { type Instruction, IsovmError } from "@isovm/isa-spec";
import { fieldBits } from "../syntax/encode.ts";
import { constantValue } from "../syntax/evaluate.ts";
import { type AssemblyLanguage, pseudoForm, splitMnemonic } from "../syntax/language.ts";
import { parseOperands } from "../syntax/parse-operands.ts";
import { operandNames, type TemplateItem } from "../syntax/template.ts";
import { TokenCursor } from "../syntax/token-cursor.ts";

/** A shorthand for some encodings of a row. */
export interface Alias {
  readonly mnemonic: string;
  readonly template: readonly TemplateItem[];
  /** The operand of the row that stands for each operand of the shorthand. */
  readonly bindings: ReadonlyMap<string, string>;
  /** Values that operands must have. */
  readonly values: readonly (readonly [operand: string, value: bigint])[];
  /** Pairs of operands that must be equal. */
  readonly equal: readonly (readonly [operand: string, other: string])[];
}

/** The shorthands of each row, in the order of precedence. */
export function aliasesOf(language: AssemblyLanguage): ReadonlyMap<Instruction, readonly Alias[]> {
  const aliases = new Map<Instruction, Alias[]>();
  for (const pseudo of language.isa.pseudoInstructions) {
    if (pseudo.prints === undefined) continue;
    const { mnemonic, template } = pseudoForm(pseudo, language.names.isRegister);
    const holes = new Set(operandNames(template));
    const [base, operands] = splitMnemonic(pseudo.prints);
    for (const form of language.rowForms(base)) {
      const sources = sourcesOf(() =>
        parseOperands(form, new TokenCursor(operands), language, holes),
      );
      if (!sources) continue;
      const bindings = new Map<string, string>();
      const values: [string, bigint][] = [];
      const equal: [string, string][] = [];
      for (const [operand, source] of Object.entries(sources)) {
        if (source.kind === "bits") values.push([operand, source.value]);
        else if (source.kind === "hole") {
          const other = bindings.get(source.name);
          if (other === undefined) bindings.set(source.name, operand);
          else equal.push([other, operand]);
        } else {
          const row = form.row;
          const bits = sourcesOf(() => fieldBits(row, operand, constantValue(source.expression)));
          values.push([operand, bits ?? -1n]);
        }
      }
      if ([...holes].some((hole) => !bindings.has(hole))) continue;
      const list = aliases.get(form.row) ?? [];
      list.push({ mnemonic, template, bindings, values, equal });
      aliases.set(form.row, list);
    }
  }
  return aliases;
}

/** A shorthand of another row with the same mnemonic doesn't fit this one: no alias of it. */
function sourcesOf<Value>(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof IsovmError) return undefined;
    throw error;
  }
}

/** The first shorthand that an instruction's operand values fit. */
export function findAlias(
  aliases: readonly Alias[],
  fields: Readonly<Record<string, bigint>>,
): Alias | undefined {
  return aliases.find(
    ({ values, equal }) =>
      values.every(([operand, value]) => fields[operand] === value) &&
      equal.every(([operand, other]) => fields[operand] === fields[other]),
  );
}
