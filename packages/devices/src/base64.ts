/** Bytes as text within the plain data that `state()` returns (RFC 4648, 4). */

const chunkBytes = 0x8000;

/** The base64 text of bytes. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  // In chunks: an argument list has a limit.
  for (let at = 0; at < bytes.length; at += chunkBytes)
    text += String.fromCharCode(...bytes.subarray(at, at + chunkBytes));
  return btoa(text);
}

/** The bytes of base64 text, or undefined if it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
