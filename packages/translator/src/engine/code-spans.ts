/** Where guest code lies: runs of bytes, page by page. */
import { toAddress } from "../region/address.ts";
import type { Region } from "../region/region.ts";
import type { KeptCode } from "../store/kept-module.ts";
import type { CodeRun, CodeSpan } from "./code-cache.ts";

const pageBytes = 4096;
const pageMask = 0xfffn;

/** The instructions of a region as runs of code in order, none of which crosses a page. */
export function runsOf(region: Region, addressWidth: number): CodeRun[] {
  const pieces: { address: bigint; sizeBytes: number }[] = [];
  for (const { address, sizeBytes } of blocksOf(region, addressWidth)) {
    for (let done = 0; done < sizeBytes; ) {
      const at = BigInt.asUintN(addressWidth, address + BigInt(done));
      const length = Math.min(sizeBytes - done, pageBytes - Number(at & pageMask));
      pieces.push({ address: at, sizeBytes: length });
      done += length;
    }
  }
  pieces.sort((one, other) => (one.address < other.address ? -1 : 1));
  const runs: { address: bigint; sizeBytes: number }[] = [];
  for (const piece of pieces) {
    const last = runs.at(-1);
    const from = last ? Number(piece.address - last.address) : -1;
    const isNext =
      last && from <= last.sizeBytes && (piece.address & ~pageMask) === (last.address & ~pageMask);
    if (isNext) last.sizeBytes = Math.max(last.sizeBytes, from + piece.sizeBytes);
    else runs.push(piece);
  }
  return runs;
}

function* blocksOf({ blocks }: Region, addressWidth: number): Iterable<CodeRun> {
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

/** The bytes of runs, none of which crosses a page, in the frames of spans. */
export function codeOf(
  runs: readonly CodeRun[],
  spans: readonly CodeSpan[],
  { buffer }: WebAssembly.Memory,
): KeptCode[] {
  const frames = new Map(spans.map(({ page, frame }) => [page, frame]));
  return runs.map(({ address, sizeBytes }) => {
    const frame = frames.get(address & ~pageMask) ?? -1;
    if (frame < 0) throw new RangeError(`no span covers ${address}`);
    const start = frame + Number(address & pageMask);
    return { address, bytes: new Uint8Array(buffer, start, sizeBytes).slice() };
  });
}
