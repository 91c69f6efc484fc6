/**
 * S-expressions of the text format: names, literals, and how an expression is broken into lines.
 *
 * @see WebAssembly Core Specification 2.0, 6.3 (lexical format)
 * @module
 */
import type { Signature } from "./types.ts";

const lineWidth = 96;
const wordsPerLine = 8;
/** Deeper constructs are not indented further: an interpreter's dispatch nests hundreds of blocks. */
const deepestIndent = 40;

/** An expression: `(head children…)`. */
export interface Expression {
  readonly head: string;
  readonly children: readonly Expression[];
  /** The expression on one line, if it is short enough for that. */
  readonly line: string | undefined;
}

/** Builds an expression; `spread` forces its children onto lines of their own. */
export function expression(
  head: string,
  children: readonly Expression[] = [],
  spread = false,
): Expression {
  let line: string | undefined = spread ? undefined : `(${head}`;
  for (const child of children) {
    if (line === undefined) break;
    line = child.line === undefined ? undefined : `${line} ${child.line}`;
    if (line !== undefined && line.length > lineWidth) line = undefined;
  }
  return { head, children, line: line === undefined ? undefined : `${line})` };
}

/** Words that stand among an expression's children, such as labels, some to a line. */
export function words(list: readonly string[]): Expression[] {
  const chunks: Expression[] = [];
  for (let i = 0; i < list.length; i += wordsPerLine) {
    const head = list.slice(i, i + wordsPerLine).join(" ");
    chunks.push({ head, children: [], line: head });
  }
  return chunks;
}

/** The lines of an expression. */
export function layOut(root: Expression, depth = 0, lines: string[] = []): string[] {
  const indent = "  ".repeat(Math.min(depth, deepestIndent / 2));
  const { line, children } = root;
  if (line !== undefined && (children.length === 0 || indent.length + line.length <= lineWidth)) {
    lines.push(indent + line);
    return lines;
  }
  lines.push(`${indent}(${root.head}`);
  for (const child of children) layOut(child, depth + 1, lines);
  lines.push(`${lines.pop() ?? ""})`);
  return lines;
}

/** Hands out identifiers that differ from each other and are legal in the text format. */
export class Identifiers {
  readonly #used = new Set<string>();

  /** An identifier like the name, or like the fallback if there is no name. */
  add(name: string | undefined, fallback: string): string {
    const plain = `$${(name ?? fallback).replace(/[^\w!#$%&'*+\-./:<=>?@\\^`|~]/g, "_")}`;
    let identifier = plain;
    for (let n = 1; this.#used.has(identifier); n++) identifier = `${plain}.${n}`;
    this.#used.add(identifier);
    return identifier;
  }
}

/** `(param i32) (result i64)`, preceded by a space unless there is nothing to say. */
export function signatureText({ params, results }: Signature): string {
  const takes = params.length === 0 ? "" : ` (param ${params.join(" ")})`;
  const gives = results.length === 0 ? "" : ` (result ${results.join(" ")})`;
  return takes + gives;
}

/** An integer: small ones in decimal, others, which are mostly addresses and masks, in hex. */
export function integerText(value: number | bigint): string {
  const magnitude = value < 0 ? -value : value;
  if (magnitude < 0x1_0000) return value.toString();
  return `${value < 0 ? "-" : ""}0x${magnitude.toString(16)}`;
}

/** A floating-point literal that reads back as the same value. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Object.is(value, -0) ? "-0" : value.toString();
}

/** A string literal. */
export function stringText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    text += plain ? String.fromCharCode(byte) : `\\${byte.toString(16).padStart(2, "0")}`;
  }
  return `"${text}"`;
}
