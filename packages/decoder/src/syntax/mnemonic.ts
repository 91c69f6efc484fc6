/** Mnemonics with operands inside: `amoadd.w{ordering}`. */
import { type Instruction, SpecificationError } from "@isovm/isa-spec";

/** One spelling of a row's mnemonic, and the operand values that it stands for. */
export interface Mnemonic {
  readonly text: string;
  readonly fields: Readonly<Record<string, bigint>>;
}

interface Part {
  readonly text: string;
  readonly isOperand: boolean;
}

function parts(mnemonic: string): readonly Part[] {
  return mnemonic
    .split(/(\{\w+\})/)
    .filter((text) => text !== "")
    .map((text) => ({
      text: text.replace(/^\{(.*)\}$/, "$1"),
      isOperand: text.startsWith("{"),
    }));
}

function namesOf(row: Instruction, operand: string): Readonly<Record<number, string>> {
  const text = row.operands[operand]?.text;
  if (text?.kind !== "names") {
    throw new SpecificationError(`{${operand}} in ${row.mnemonic} is no operand with names`, {
      subject: row.mnemonic,
    });
  }
  return text.names;
}

/** All spellings of a row's mnemonic. */
export function mnemonicsOf(row: Instruction): readonly Mnemonic[] {
  let spellings: readonly Mnemonic[] = [{ text: "", fields: {} }];
  for (const part of parts(row.mnemonic)) {
    const choices = part.isOperand
      ? Object.entries(namesOf(row, part.text)).map(([value, text]) => ({
          text,
          fields: { [part.text]: BigInt(value) },
        }))
      : [{ text: part.text, fields: {} }];
    spellings = spellings.flatMap(({ text, fields }) =>
      choices.map((choice) => ({
        text: text + choice.text,
        fields: { ...fields, ...choice.fields },
      })),
    );
  }
  return spellings.filter(({ fields }) =>
    Object.entries(fields).every(([name, value]) => !row.operands[name]?.excluded.includes(value)),
  );
}

/** The mnemonic of an instruction with the given operand values. */
export function mnemonicText(row: Instruction, fields: Readonly<Record<string, bigint>>): string {
  if (!row.mnemonic.includes("{")) return row.mnemonic;
  return parts(row.mnemonic)
    .map(({ text, isOperand }) =>
      isOperand ? (namesOf(row, text)[Number(fields[text] ?? 0n)] ?? `{${text}}`) : text,
    )
    .join("");
}
