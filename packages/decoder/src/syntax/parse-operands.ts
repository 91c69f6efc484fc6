/** The operands of an instruction, read against the syntax of its row. */
import type { Instruction, Operand } from "@isovm/isa-spec";
import { type AssemblyExpression, parseExpression } from "./expression.ts";
import type { AssemblyLanguage, RowForm } from "./language.ts";
import type { TemplateItem } from "./template.ts";
import { operandNames } from "./template.ts";
import type { TokenCursor } from "./token-cursor.ts";

/** What stands in the text for an operand. */
export type OperandSource =
  /** The unsigned bits of the field. */
  | { readonly kind: "bits"; readonly value: bigint; readonly column: number }
  | {
      readonly kind: "expression";
      readonly expression: AssemblyExpression;
      readonly column: number;
    }
  /** A name that stands for any operand, in patterns of pseudo-instructions. */
  | { readonly kind: "hole"; readonly name: string };

/** The sources of all operands of a row by name. */
export type OperandSources = Readonly<Record<string, OperandSource>>;

interface Parser {
  readonly row: Instruction;
  readonly cursor: TokenCursor;
  readonly language: AssemblyLanguage;
  readonly holes: ReadonlySet<string>;
  readonly sources: Record<string, OperandSource>;
}

/**
 * The operands that stand at the cursor, up to the end of the text.
 *
 * Names in `holes` are taken for any operand.
 *
 * @throws AssemblySyntaxError if the text doesn't have the row's syntax.
 */
export function parseOperands(
  form: RowForm,
  cursor: TokenCursor,
  language: AssemblyLanguage,
  holes: ReadonlySet<string> = new Set(),
): OperandSources {
  const sources: Record<string, OperandSource> = {};
  for (const [name, value] of Object.entries(form.mnemonic.fields)) {
    sources[name] = { kind: "bits", value, column: 0 };
  }
  const parser = { row: form.row, cursor, language, holes, sources };
  parseItems(parser, form.template);
  cursor.expectEnd();
  return sources;
}

function parseItems(parser: Parser, items: readonly TemplateItem[]): void {
  items.forEach((item, index) => {
    switch (item.kind) {
      case "literal":
        parseLiteral(parser, item.text);
        break;
      case "optional":
        parseOptional(parser, item.items);
        break;
      case "operand": {
        const next = items[index + 1];
        const beforeParenthesis = next?.kind === "literal" && next.text === "(";
        parser.sources[item.name] = parseOperand(parser, item.name, beforeParenthesis);
        break;
      }
    }
  });
}

function parseLiteral({ cursor, language }: Parser, text: string): void {
  // A register that the row fixes may be written by any of its names.
  const register = language.register(text);
  const found = language.register(cursor.peek().text);
  if (register && found?.file === register.file && found.number === register.number) {
    cursor.next();
  } else {
    cursor.expect(text);
  }
}

function parseOptional(parser: Parser, items: readonly TemplateItem[]): void {
  const [first] = items;
  const present =
    first?.kind === "literal" ? parser.cursor.at(first.text) : parser.cursor.peek().kind !== "end";
  if (present) {
    parseItems(parser, items);
    return;
  }
  for (const name of operandNames(items)) {
    const value = parser.row.operands[name]?.omitted;
    if (value === undefined) {
      parseItems(parser, items);
      return;
    }
    parser.sources[name] = { kind: "bits", value, column: parser.cursor.peek().column };
  }
}

function parseOperand(parser: Parser, name: string, beforeParenthesis: boolean): OperandSource {
  const { cursor, holes, row, language } = parser;
  const token = cursor.peek();
  if (token.kind === "name" && holes.has(token.text)) {
    cursor.next();
    return { kind: "hole", name: token.text };
  }
  const operand = row.operands[name];
  if (!operand) return cursor.fail(`no operand ${name}`);
  const { column } = token;
  switch (operand.text.kind) {
    case "register":
      return { kind: "bits", value: parseRegister(parser, operand), column };
    case "names":
      return parseName(parser, operand);
    case "letters":
      return { kind: "bits", value: parseLetters(parser, operand.text.letters), column };
    case "integer":
    case "target": {
      // `(sp)` is short for `0(sp)`.
      if (beforeParenthesis && token.text === "(" && isParenthesised(parser)) {
        return { kind: "bits", value: 0n, column };
      }
      return { kind: "expression", expression: parseExpression(cursor, language.names), column };
    }
  }
}

function isParenthesised({ cursor, language, holes }: Parser): boolean {
  const { text } = cursor.peek(1);
  return (language.register(text) !== undefined || holes.has(text)) && cursor.peek(2).text === ")";
}

function parseRegister({ cursor, language }: Parser, operand: Operand<unknown>): bigint {
  const { text, width, excluded } = operand;
  if (text.kind !== "register") return 0n;
  const register = language.register(cursor.peek().text);
  const value = BigInt((register?.number ?? 0) - text.first);
  const isEncodable =
    register?.file === text.file.name && value >= 0n && value < 1n << BigInt(width);
  if (!isEncodable || excluded.includes(value)) cursor.fail(registerDescription(operand));
  cursor.next();
  return value;
}

function registerDescription({ text, width, excluded }: Operand<unknown>): string {
  if (text.kind !== "register") return "a register";
  const { file, first } = text;
  const name = (number: number): string => file.names?.[number] ?? `${file.name}${number}`;
  const last = Math.min(first + 2 ** width, file.count) - 1;
  const isWhole = first === 0 && last === file.count - 1;
  const range = isWhole ? "" : `, ${file.name}${first} to ${file.name}${last}`;
  const others = excluded.map((value) => name(Number(value) + first));
  const but = others.length === 0 ? "" : `, but not ${others.join(" or ")}`;
  return `a register of file ${file.name}${range}${but}`;
}

function parseName({ cursor, language }: Parser, operand: Operand<unknown>): OperandSource {
  const { text, excluded } = operand;
  const { text: word, kind, column } = cursor.peek();
  if (text.kind !== "names") return cursor.fail("a name");
  if (kind === "name") {
    const entry = Object.entries(text.names).find(([, name]) => name === word);
    if (entry && !excluded.includes(BigInt(entry[0]))) {
      cursor.next();
      return { kind: "bits", value: BigInt(entry[0]), column };
    }
  }
  if (text.numbers) {
    return { kind: "expression", expression: parseExpression(cursor, language.names), column };
  }
  const names = Object.entries(text.names).filter(([value]) => !excluded.includes(BigInt(value)));
  return cursor.fail(`one of ${names.map(([, name]) => name).join(", ")}`);
}

function parseLetters({ cursor }: Parser, letters: string): bigint {
  const { text, value } = cursor.peek();
  if (value === 0n) {
    cursor.next();
    return 0n;
  }
  const isSet =
    text !== "" &&
    [...text].every((letter, at) => letters.includes(letter) && text.indexOf(letter) === at);
  if (!isSet) cursor.fail(`a set of the letters ${letters}, or 0`);
  cursor.next();
  return [...letters].reduce(
    (bits, letter) => (bits << 1n) | (text.includes(letter) ? 1n : 0n),
    0n,
  );
}
