/** Instructions explained to people: encoding, operands, meaning, and where the manual says so. */
import {
  encodedBits,
  type Instruction,
  type Isa,
  type Operand,
  type PseudoInstruction,
  printSemantics,
} from "@isovm/isa-spec";
import type { Decoded } from "../decode/decoded.ts";
import { Decoder } from "../decode/decoder.ts";
import { Disassembler } from "../disassemble/disassembler.ts";
import { rangeText } from "../syntax/encode.ts";
import { languageOf, splitMnemonic } from "../syntax/language.ts";
import { operandText } from "../syntax/operand-text.ts";
import { diagram } from "./diagram.ts";

/**
 * What an instruction is, as lines of text: syntax, encoding diagram, operands, semantics, manual.
 *
 * The question is a mnemonic, of a row or a pseudo-instruction, or an instruction word. The answer
 * is undefined if there is no such instruction.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { explain } from "@isovm/decoder";
 * import { rv64 } from "@isovm/riscv";
 *
 * assert.match(explain(rv64(), 0xfff00513n) ?? "", /addi a0,zero,-1/);
 * assert.match(explain(rv64(), "amoadd.w") ?? "", /atomic\.add32/);
 * assert.equal(explain(rv64(), "frobnicate"), undefined);
 * ```
 */
export function explain(isa: Isa, question: string | bigint): string | undefined {
  if (typeof question === "bigint") {
    const decoded = new Decoder(isa).decode(question);
    return decoded && explainDecoded(isa, decoded);
  }
  const language = languageOf(isa);
  const spelt = isa.instructions.filter(({ mnemonic }) => mnemonic === question);
  const rows = new Set([...spelt, ...language.rowForms(question).map(({ row }) => row)]);
  const pseudos = language.pseudoForms(question).map(({ pseudo }) => pseudo);
  const answers = [
    ...[...rows].map((row) => explainRow(isa, row)),
    ...(pseudos.length > 0 ? [pseudos.map(explainPseudo).join("\n")] : []),
  ];
  return answers.length === 0 ? undefined : answers.join("\n\n");
}

/** What a row says, as lines of text. */
export function explainRow(isa: Isa, row: Instruction): string {
  return [
    `${row.mnemonic} ${row.syntax}`.trim(),
    sourceOf(isa, row),
    "",
    ...diagram(row.pattern),
    ...table(Object.entries(row.operands).map(([name, operand]) => describe(row, name, operand))),
    "",
    printSemantics(row.semantics) || "(no effect)",
  ].join("\n");
}

function explainDecoded(isa: Isa, decoded: Decoded): string {
  const { row, word, fields, sizeBytes } = decoded;
  const plain = new Disassembler(isa).text(decoded, 0n);
  const shorthand = new Disassembler(isa, { aliases: true }).text(decoded, 0n);
  const context = { address: 0n, addressWidth: isa.addressWidth };
  return [
    `0x${word.toString(16).padStart(2 * sizeBytes, "0")}  ${plain}`,
    ...(shorthand === plain ? [] : [`written as ${shorthand}`]),
    `${row.mnemonic} ${row.syntax}`.trim(),
    sourceOf(isa, row),
    "",
    ...diagram(row.pattern, word),
    ...table(
      Object.entries(row.operands).map(([name, operand]) => {
        const [, what = ""] = describe(row, name, operand);
        return [name, operandText(operand, fields[name] ?? 0n, context), what];
      }),
    ),
    "",
    printSemantics(row.semantics) || "(no effect)",
  ].join("\n");
}

function explainPseudo({ syntax, expansion, prints }: PseudoInstruction): string {
  const [mnemonic] = splitMnemonic(syntax);
  const lines =
    typeof expansion === "function"
      ? [`lines that depend on the operands of ${mnemonic}`]
      : expansion;
  const stands = lines.length > 0 ? lines : prints === undefined ? [] : [prints];
  return [`${syntax} is short for`, ...stands.map((line) => `  ${line}`)].join("\n");
}

function sourceOf(isa: Isa, row: Instruction): string {
  const extension = isa.extensions.find(({ instructions }) => instructions.includes(row));
  return extension ? `${row.manual} (${extension.name}: ${extension.title})` : row.manual;
}

/** The rows of a table, columns aligned, after an empty line. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [
    "",
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    ),
  ];
}

const roles = { read: "read", write: "written", both: "read and written" } as const;

function describe(
  row: Instruction,
  name: string,
  operand: Operand<unknown>,
): readonly [name: string, what: string] {
  const { text, width, excluded } = operand;
  switch (text.kind) {
    case "register": {
      const { file, first, role } = text;
      const last = Math.min(first + 2 ** width, file.count) - 1;
      const others = excluded.map((value) => `${file.name}${Number(value) + first}`);
      const but = others.length === 0 ? "" : `, not ${others.join(", ")}`;
      return [name, `register ${file.name}${first} to ${file.name}${last}${but}, ${roles[role]}`];
    }
    case "integer":
    case "target":
      return [name, rangeText(operand, encodedBits(row.pattern, name))];
    case "names": {
      const names = Object.values(text.names).map((value) => value || "(nothing)");
      const list = names.length > 8 ? `${names.slice(0, 8).join(", ")}, …` : names.join(", ");
      return [name, `one of ${list}${text.numbers ? `, or a number of ${width} bits` : ""}`];
    }
    case "letters":
      return [name, `a set of the letters ${text.letters}`];
  }
}
