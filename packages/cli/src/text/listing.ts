/** Assembled programs as text. */
import type { AssembledLine, Assembly } from "@isovm/decoder";

const bytesInRow = 8;
const bytesInDumpRow = 16;

/** Source lines with the addresses and the bytes (in the order of memory) that they became. */
export function listing(program: Assembly, source: string, addressWidth: number): string {
  const digits = addressWidth === 64 ? 8 : addressWidth / 4;
  const column = 3 * bytesInRow;
  const byLine = new Map<number, AssembledLine[]>();
  for (const piece of program.lines) {
    const pieces = byLine.get(piece.line);
    if (pieces) pieces.push(piece);
    else byLine.set(piece.line, [piece]);
  }
  const rows: string[] = [];
  for (const [index, text] of source
    .replace(/\r?\n$/, "")
    .split(/\r?\n/)
    .entries()) {
    const pieces = byLine.get(index + 1) ?? [];
    let label = text;
    for (const { address, sizeBytes } of pieces) {
      const start = Number(address - program.base);
      const bytes = program.bytes.subarray(start, start + sizeBytes);
      for (let at = 0; at < bytes.length; at += bytesInRow) {
        const place = (address + BigInt(at)).toString(16).padStart(digits, "0");
        const row = hexBytes(bytes.subarray(at, at + bytesInRow)).padEnd(column);
        rows.push(`${place}  ${row} ${label}`.trimEnd());
        label = "";
      }
    }
    if (pieces.length === 0) rows.push(`${" ".repeat(digits + 2 + column)} ${text}`.trimEnd());
  }
  return `${rows.join("\n")}\n`;
}

/** Bytes as hexadecimal numbers, sixteen in a row. */
export function hexDump(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += bytesInDumpRow) {
    text += `${hexBytes(bytes.subarray(at, at + bytesInDumpRow))}\n`;
  }
  return text;
}

function hexBytes(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
