/** The assembly syntax of a row as items, for printing and for parsing alike. */
import { type Instruction, SpecificationError } from "@isovm/isa-spec";
import { tokenize } from "./lexer.ts";

/** A part of the syntax. */
export type TemplateItem =
  /** A word or punctuation that stands there as it is. */
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "operand"; readonly name: string }
  /** Left out where its operands have the values that omission means. */
  | { readonly kind: "optional"; readonly items: readonly TemplateItem[] };

/**
 * The items of a syntax such as `"rd, imm(rs1)[, rm]"`.
 *
 * @throws SpecificationError if brackets don't match.
 */
export function parseTemplate(
  syntax: string,
  isOperand: (name: string) => boolean,
): readonly TemplateItem[] {
  const stack: TemplateItem[][] = [[]];
  for (const token of tokenize(syntax)) {
    const items = stack.at(-1);
    if (!items) break;
    if (token.kind === "end") continue;
    if (token.text === "[") {
      stack.push([]);
    } else if (token.text === "]" && stack.length > 1) {
      stack.pop();
      stack.at(-1)?.push({ kind: "optional", items });
    } else if (token.kind === "name" && isOperand(token.text)) {
      items.push({ kind: "operand", name: token.text });
    } else {
      items.push({ kind: "literal", text: token.text });
    }
  }
  const [items] = stack;
  if (!items || stack.length !== 1) {
    throw new SpecificationError(`brackets don't match in the syntax "${syntax}"`, {
      subject: syntax,
    });
  }
  return items;
}

/** The syntax of a row behind its mnemonic. */
export function templateOf(row: Instruction): readonly TemplateItem[] {
  return parseTemplate(row.syntax, (name) => Object.hasOwn(row.operands, name));
}

/** The names of the operands that stand in the items, those of optional parts included. */
export function operandNames(items: readonly TemplateItem[]): readonly string[] {
  return items.flatMap((item) => {
    if (item.kind === "operand") return [item.name];
    return item.kind === "optional" ? operandNames(item.items) : [];
  });
}

/** The syntax with each operand as the function writes it: commas tight, as objdump has them. */
export function render(
  items: readonly TemplateItem[],
  operand: (name: string) => string,
  isOmitted: (name: string) => boolean,
): string {
  let text = "";
  for (const item of items) {
    if (item.kind === "optional") {
      if (operandNames(item.items).every(isOmitted)) continue;
      text += render(item.items, operand, isOmitted);
      continue;
    }
    const part = item.kind === "literal" ? item.text : operand(item.name);
    const separate = /\w$/.test(text) && /^[\w.%]/.test(part);
    text += separate ? ` ${part}` : part;
  }
  return text;
}
