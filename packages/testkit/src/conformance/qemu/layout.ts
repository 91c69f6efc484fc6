/**
 * Where the parts of an oracle executable lie: for each program a block with its private sandbox
 * and the registers before and after it, and one area at the edge of what can be accessed.
 */
import { pageBytes } from "../../program/layout.ts";

/** Address of the code. */
export const codeAddress = 0x10_0000;
/** A page that can be written, one that can only be read, and nothing. */
export const edgeAddress = 0x80_0000;
/** The first byte that can only be read. */
export const edgeReadOnly: number = edgeAddress + pageBytes;
/** The first byte that isn't mapped. */
export const edgeEnd: number = edgeAddress + 2 * pageBytes;
/** Address of the first block. */
export const blocksAddress = 0x100_0000;

/** Bytes of a sandbox: every 12-bit displacement from its centre stays inside. */
export const sandboxBytesPerBlock = 4352;
/** Signals noted for each program at most. */
export const mostSignals = 12;
const signalBytes = 24;

/** Byte offsets in a block. */
export const blockLayout: Readonly<
  Record<"centre" | "f" | "x" | "fcsr" | "signalCount" | "signals" | "sizeBytes", number>
> = {
  /** What s0 points at: the middle of the sandbox. */
  centre: sandboxBytesPerBlock / 2,
  f: sandboxBytesPerBlock,
  x: sandboxBytesPerBlock + 256,
  fcsr: sandboxBytesPerBlock + 512,
  signalCount: sandboxBytesPerBlock + 520,
  /** Number, program counter and address of each signal, 8 bytes each. */
  signals: sandboxBytesPerBlock + 528,
  sizeBytes: sandboxBytesPerBlock + 528 + mostSignals * signalBytes,
};

/** Address of the n-th block. */
export function blockAddress(index: number): number {
  return blocksAddress + index * blockLayout.sizeBytes;
}

/** Bytes that an executable writes: the blocks, then the page at the edge. */
export function outputBytes(tests: number): number {
  return tests * blockLayout.sizeBytes + pageBytes;
}

/** The part of a block in which a byte lies, for reports. */
export function blockField(offset: number): string {
  const part = (name: string, start: number): string =>
    `${name}${Math.floor((offset - start) / 8)}`;
  if (offset < sandboxBytesPerBlock) {
    const distance = offset - blockLayout.centre;
    return `memory at s0${distance < 0 ? "" : "+"}${distance}`;
  }
  if (offset < blockLayout.x) return part("f", blockLayout.f);
  if (offset < blockLayout.fcsr) return part("x", blockLayout.x);
  if (offset < blockLayout.signalCount) return "fcsr";
  if (offset < blockLayout.signals) return "number of signals";
  const signal = Math.floor((offset - blockLayout.signals) / signalBytes);
  const member = Math.floor(((offset - blockLayout.signals) % signalBytes) / 8);
  return `${["number", "pc", "address"][member] ?? ""} of signal ${signal}`;
}
