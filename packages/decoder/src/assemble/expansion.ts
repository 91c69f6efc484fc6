/** Pseudo-instructions into the lines that they stand for. */
import type { ExpansionContext } from "@isovm/isa-spec";
import type { AssemblyLanguage, PseudoForm } from "../syntax/language.ts";
import type { TemplateItem } from "../syntax/template.ts";
import { TokenCursor } from "../syntax/token-cursor.ts";

/**
 * The texts that stand for the operands of a pseudo-instruction.
 *
 * @throws AssemblySyntaxError if the text doesn't have its shape.
 */
export function bindOperands(
  form: PseudoForm,
  text: string,
  language: AssemblyLanguage,
): Readonly<Record<string, string>> {
  const cursor = new TokenCursor(text);
  const bound: Record<string, string> = {};
  form.template.forEach((item, index) => {
    if (item.kind === "literal") cursor.expect(item.text);
    if (item.kind === "operand") {
      bound[item.name] = operandSpan(cursor, text, form.template[index + 1], language);
    }
  });
  cursor.expectEnd();
  return bound;
}

/** The text up to the literal that follows, outside of parentheses. */
function operandSpan(
  cursor: TokenCursor,
  text: string,
  next: TemplateItem | undefined,
  language: AssemblyLanguage,
): string {
  const start = cursor.peek().column;
  const until = next?.kind === "literal" ? next.text : undefined;
  if (until === "(" && cursor.at("(") && language.register(cursor.peek(1).text)) return "0";
  let isEmpty = true;
  while (cursor.peek().kind !== "end") {
    const isGroup = cursor.at("(") && (isEmpty || until !== "(");
    if (!isGroup && until !== undefined && cursor.at(until)) break;
    if (!isGroup && cursor.at(",")) break;
    if (isGroup) skipGroup(cursor);
    else if (cursor.next().text.startsWith("%") && cursor.at("(")) skipGroup(cursor);
    isEmpty = false;
  }
  if (isEmpty) cursor.fail("an operand");
  return text.slice(start, cursor.peek().column).trim();
}

function skipGroup(cursor: TokenCursor): void {
  cursor.expect("(");
  while (!cursor.at(")") && cursor.peek().kind !== "end") {
    if (cursor.at("(")) skipGroup(cursor);
    else cursor.next();
  }
  cursor.expect(")");
}

/**
 * The lines that a pseudo-instruction stands for. `unique` makes the names of its own labels
 * different from those of other expansions.
 */
export function expand(
  { pseudo }: PseudoForm,
  operands: Readonly<Record<string, string>>,
  context: ExpansionContext,
  unique: string,
): readonly string[] {
  const { expansion } = pseudo;
  const lines =
    typeof expansion === "function"
      ? expansion(operands, context)
      : expansion.map((line) =>
          line.replaceAll(/[$%]?[A-Za-z_][\w.$]*/g, (word) => {
            const operand = Object.hasOwn(operands, word) ? operands[word] : undefined;
            return operand === undefined ? word : asOperand(operand);
          }),
        );
  return lines.map((line) => line.replaceAll(/\$\w+/g, (label) => `${label}$${unique}`));
}

/** An expression with operators is put in parentheses, lest its surroundings regroup it. */
function asOperand(text: string): string {
  const outside = text.replaceAll(/\([^()]*\)/g, "").trim();
  return /^.+[-+*/<>&|^\s]/.test(outside) && !text.startsWith("%") ? `(${text})` : text;
}
