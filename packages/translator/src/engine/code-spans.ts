/** Where guest code lies: runs of bytes, page by page. */
import { toAddress } from "../region/address.ts";
import type { Region } from "../region/region.ts";
import type { KeptCode } from "../store/kept-module.ts";
import type { CodeSpan } from "./code-cache.ts";

const pageBytes = 4096;
const pageMask = 0xfffn;

/** A run of guest code at a virtual address. */
export interface CodeRun {
  readonly address: bigint;
  readonly sizeBytes: number;
}

/** The instructions of a region as runs of code. */
export function* runsOf({ blocks }: Region, addressWidth: number): Iterable<CodeRun> {
  for (const { instructions } of blocks) {
    const [first] = instructions;
    const last = instructions.at(-1);
    if (!first || !last) continue;
    const sizeBytes = last.pc - first.pc + last.instruction.sizeBytes;
    // Only a block that wraps at the end of the address space has its end before its start.
    if (sizeBytes > 0) {
      yield { address: toAddress(first.pc, addressWidth), sizeBytes };
      continue;
    }
    for (const { pc, instruction } of instructions) {
      yield { address: toAddress(pc, addressWidth), sizeBytes: instruction.sizeBytes };
    }
  }
}

/** The smallest span in each page that covers all runs; addresses wrap at the ISA's width. */
export function spansOf(
  runs: Iterable<CodeRun>,
  addressWidth: number,
  frameOf: (address: bigint) => number,
): CodeSpan[] {
  const spans = new Map<bigint, { frame: number; start: number; end: number }>();
  const cover = (address: bigint, length: number): void => {
    const page = address & ~pageMask;
    const start = Number(address - page);
    const end = Math.min(start + length, pageBytes);
    const known = spans.get(page);
    if (known) {
      known.start = Math.min(known.start, start);
      known.end = Math.max(known.end, end);
    } else {
      spans.set(page, { frame: frameOf(address), start, end });
    }
    const rest = length - (end - start);
    if (rest > 0) cover(BigInt.asUintN(addressWidth, page + BigInt(pageBytes)), rest);
  };
  for (const { address, sizeBytes } of runs) cover(address, sizeBytes);
  return [...spans].map(([page, span]) => ({ page, ...span }));
}

/** The bytes that are at spans now. */
export function codeOf(spans: readonly CodeSpan[], { buffer }: WebAssembly.Memory): KeptCode[] {
  return spans.map(({ page, frame, start, end }) => ({
    address: page + BigInt(start),
    bytes: new Uint8Array(buffer, frame + start, end - start).slice(),
  }));
}
