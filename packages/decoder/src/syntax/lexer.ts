/** Tokens of assembly text: of source lines, and of the syntax in rows and pseudo-instructions. */

/** What kind of word a token is. */
export type TokenKind =
  /** A mnemonic, register, symbol, directive, or relocation function (`%hi`). */
  | "name"
  /** An integer, its value in `value`. */
  | "number"
  /** `1b` or `2f`: the local label that is meant. */
  | "local"
  /** A string, with escapes resolved into bytes in `bytes`. */
  | "string"
  /** Operators and separators. */
  | "punctuation"
  /** A character that begins no token. */
  | "unknown"
  /** The end of the text. */
  | "end";

/** A word of assembly text. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Index of its first character in the text. */
  readonly column: number;
  readonly value?: bigint;
  readonly bytes?: Uint8Array;
}

const escapes: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  b: 8,
  f: 12,
  v: 11,
  a: 7,
  e: 27,
};

const patterns = {
  space: /\s+/y,
  name: /%?[A-Za-z_.$][\w.$]*/y,
  local: /\d+[bf](?![\w.])/y,
  number: /0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|\d+/y,
  string: /"(?:[^"\\]|\\.)*"/y,
  character: /'(?:\\.|[^\\'])'?/uy,
  punctuation: /<<|>>|[-+*/%&|^~()[\]{},:=!@]/y,
} as const;

/** The tokens of a text without comments, ending with an `end` token. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let column = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = column;
    return pattern.exec(text)?.[0];
  };
  while (column < text.length) {
    const space = take(patterns.space);
    if (space) {
      column += space.length;
      continue;
    }
    const token = nextToken(column, take) ?? {
      kind: "unknown",
      text: text.charAt(column),
      column,
    };
    tokens.push(token);
    column += token.text.length;
  }
  tokens.push({ kind: "end", text: "", column: text.length });
  return tokens;
}

function nextToken(
  column: number,
  take: (pattern: RegExp) => string | undefined,
): Token | undefined {
  // A local label before a number: `1b` is no binary digit; but `0b1` is, as a digit follows.
  const local = take(patterns.local);
  if (local !== undefined) return { kind: "local", text: local, column };
  const number = take(patterns.number);
  if (number !== undefined) {
    return { kind: "number", text: number, column, value: integerValue(number) };
  }
  const name = take(patterns.name);
  if (name !== undefined) return { kind: "name", text: name, column };
  const string = take(patterns.string);
  if (string !== undefined) {
    return { kind: "string", text: string, column, bytes: resolveEscapes(string.slice(1, -1)) };
  }
  const character = take(patterns.character);
  if (character !== undefined) {
    const [value = 0] = resolveEscapes(character.slice(1).replace(/(?<=.)'$/u, ""));
    return { kind: "number", text: character, column, value: BigInt(value) };
  }
  const punctuation = take(patterns.punctuation);
  if (punctuation !== undefined) return { kind: "punctuation", text: punctuation, column };
  return undefined;
}

function integerValue(text: string): bigint {
  // A leading zero means octal, as in C.
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`);
  return BigInt(text);
}

function resolveEscapes(text: string): Uint8Array {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const characters = /\\(?:x(?<hex>[0-9a-fA-F]{1,2})|(?<octal>[0-7]{1,3})|(?<other>.))|[^\\]/gsu;
  for (const match of text.matchAll(characters)) {
    const { hex, octal, other } = match.groups ?? {};
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else if (other === undefined) bytes.push(...encoder.encode(match[0]));
    else bytes.push(...(escapes[other] === undefined ? encoder.encode(other) : [escapes[other]]));
  }
  return Uint8Array.from(bytes);
}
