/**
 * Pieces of strace's notation: quoted strings, flag sets, numbers.
 * @see strace(1)
 */

const escapes = new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0b, "\\v"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);

/** Bytes as a quoted C string; more than `limit` bytes are cut and marked by an ellipsis. */
export function quoteBytes(bytes: Uint8Array, limit = 32): string {
  let text = "";
  const shown = Math.min(bytes.length, limit);
  for (let at = 0; at < shown; at += 1) {
    const byte = bytes[at] ?? 0;
    const known = escapes.get(byte);
    if (known !== undefined) text += known;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else {
      // The shortest octal escape is ambiguous before another digit.
      const next = at + 1 < shown ? (bytes[at + 1] ?? 0) : 0;
      const isDigitNext = next >= 0x30 && next <= 0x39;
      text += `\\${byte.toString(8).padStart(isDigitNext ? 3 : 1, "0")}`;
    }
  }
  return `"${text}"${bytes.length > limit ? "..." : ""}`;
}

/** An address; NULL for 0. */
export function pointerText(address: number): string {
  return address === 0 ? "NULL" : `0x${address.toString(16)}`;
}

/** The set bits by name, joined by `|`; bits without a name as one hexadecimal number. */
export function flagsText(
  value: number,
  names: Readonly<Record<string, number>>,
  zero = "0",
): string {
  const parts: string[] = [];
  let rest = BigInt(value >>> 0);
  for (const [name, number] of Object.entries(names)) {
    const bits = BigInt(number >>> 0);
    if (bits !== 0n && (rest & bits) === bits) {
      parts.push(name);
      rest &= ~bits;
    }
  }
  if (rest !== 0n) parts.push(`0x${rest.toString(16)}`);
  return parts.length === 0 ? zero : parts.join("|");
}

/** A number by its name, else the number and a comment, as strace has it. */
export function choiceText(value: number, names: Readonly<Record<string, number>>): string {
  for (const [name, number] of Object.entries(names)) if (number === value) return name;
  return `${value >= 0 ? "0x" : "-0x"}${Math.abs(value).toString(16)}`;
}

/** Octal with a leading zero, three digits or more: permission bits. */
export function octalText(value: number): string {
  return value === 0 ? "000" : `0${value.toString(8)}`;
}
