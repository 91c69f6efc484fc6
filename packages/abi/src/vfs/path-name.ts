/**
 * Path names as strings.
 *
 * A Linux name is bytes, nearly always UTF-8. Here it is a string that reads as that UTF-8 would;
 * a byte that is no part of valid UTF-8 becomes the lone surrogate U+DC00 + byte, so every name
 * survives the way there and back (Python's PEP 383 does the same).
 *
 * @see https://peps.python.org/pep-0383/
 */

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const loneSurrogate = /\p{Surrogate}/u;

/** The string for a name's bytes; every byte sequence has exactly one. */
export function decodePath(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return decodeLossless(bytes);
  }
}

/** The bytes of a name: the inverse of `decodePath`. */
export function encodePath(path: string): Uint8Array {
  if (!loneSurrogate.test(path)) return encoder.encode(path);
  const bytes: number[] = [];
  for (const character of path) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(character));
  }
  return Uint8Array.from(bytes);
}

/** True if a name or path takes more than this many bytes. */
export function isLongerThan(path: string, limitBytes: number): boolean {
  // A UTF-16 unit takes one to three bytes, so most needn't be encoded to know.
  if (path.length * 3 <= limitBytes) return false;
  return path.length > limitBytes || encodePath(path).length > limitBytes;
}

function decodeLossless(bytes: Uint8Array): string {
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const length = validLength(bytes, at);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      at += 1;
    } else {
      text += strictDecoder.decode(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return text;
}

/** The length of the valid UTF-8 character at a position, 0 if there is none. */
function validLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  const length =
    lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    strictDecoder.decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}
