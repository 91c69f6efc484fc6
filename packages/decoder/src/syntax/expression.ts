/** Expressions of assembly text: parsed once, evaluated in every pass. */
import { type TokenCursor, unexpected } from "./token-cursor.ts";

/** An expression over numbers, symbols and addresses. */
export type AssemblyExpression =
  | { readonly kind: "number"; readonly value: bigint }
  | { readonly kind: "symbol"; readonly name: string; readonly column: number }
  /** A local label: the nearest `number:` before or after. */
  | {
      readonly kind: "local";
      readonly number: string;
      readonly forward: boolean;
      readonly column: number;
    }
  /** The address of the instruction or datum. */
  | { readonly kind: "here" }
  | { readonly kind: "negate" | "complement"; readonly operand: AssemblyExpression }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly column: number;
      readonly left: AssemblyExpression;
      readonly right: AssemblyExpression;
    }
  /** A relocation function on an address. */
  | {
      readonly kind: "relocation";
      readonly name: string;
      readonly argument: AssemblyExpression;
      readonly column: number;
    };

/** Binary operators by precedence, the loosest first; as GNU `as` groups them. */
const levels: readonly (readonly string[])[] = [
  ["+", "-"],
  ["|", "&", "^"],
  ["*", "/", "%", "<<", ">>"],
];

/** What a parser of expressions must know of the ISA. */
export interface ExpressionNames {
  readonly isRelocation: (name: string) => boolean;
  readonly isRegister: (name: string) => boolean;
}

/**
 * The longest expression at the cursor.
 *
 * @throws AssemblySyntaxError if none stands there.
 */
export function parseExpression(
  cursor: TokenCursor,
  names: ExpressionNames,
  level = 0,
): AssemblyExpression {
  const operators = levels[level];
  if (!operators) return parsePrimary(cursor, names);
  let left = parseExpression(cursor, names, level + 1);
  for (;;) {
    const { kind, text, column } = cursor.peek();
    if (kind !== "punctuation" || !operators.includes(text)) return left;
    cursor.next();
    const right = parseExpression(cursor, names, level + 1);
    left = { kind: "binary", operator: text, column, left, right };
  }
}

function parsePrimary(cursor: TokenCursor, names: ExpressionNames): AssemblyExpression {
  const token = cursor.next();
  const { text, column } = token;
  switch (token.kind) {
    case "number":
      return { kind: "number", value: token.value ?? 0n };
    case "local":
      return {
        kind: "local",
        number: text.slice(0, -1),
        forward: text.endsWith("f"),
        column,
      };
    case "name": {
      if (text === ".") return { kind: "here" };
      if (text.startsWith("%")) {
        if (!names.isRelocation(text)) throw unexpected(column, "a relocation", text);
        cursor.expect("(");
        const argument = parseExpression(cursor, names);
        cursor.expect(")");
        return { kind: "relocation", name: text, argument, column };
      }
      if (names.isRegister(text)) throw unexpected(column, "an expression", text);
      return { kind: "symbol", name: text, column };
    }
    case "punctuation":
      if (text === "-") return { kind: "negate", operand: parsePrimary(cursor, names) };
      if (text === "~") return { kind: "complement", operand: parsePrimary(cursor, names) };
      if (text === "+") return parsePrimary(cursor, names);
      if (text === "(") {
        const inner = parseExpression(cursor, names);
        cursor.expect(")");
        return inner;
      }
      break;
    default:
      break;
  }
  throw unexpected(column, "an expression", text);
}
