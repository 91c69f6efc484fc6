/** The buffers of a chain as if they were contiguous. */
import type { DmaMemory } from "../device.ts";
import type { Segment } from "./descriptors.ts";

/** How many bytes segments make up. */
export function bytesOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** A copy of a range of the bytes that segments make up; undefined if not all of it is RAM. */
export function gather(
  memory: DmaMemory,
  segments: readonly Segment[],
  offset: number,
  sizeBytes: number,
): Uint8Array | undefined {
  const pieces = [...piecesOf(segments, offset, sizeBytes)];
  const [first] = pieces;
  if (first?.sizeBytes === sizeBytes) return memory.read(first.address, sizeBytes);
  const result = new Uint8Array(sizeBytes);
  for (const { address, sizeBytes: size, at } of pieces) {
    const bytes = memory.read(address, size);
    if (bytes === undefined) return undefined;
    result.set(bytes, at);
  }
  return result;
}

/** Writes into a range of the bytes that segments make up; false if not all of it is RAM. */
export function scatter(
  memory: DmaMemory,
  segments: readonly Segment[],
  offset: number,
  bytes: Uint8Array,
): boolean {
  for (const { address, sizeBytes, at } of piecesOf(segments, offset, bytes.length))
    if (!memory.write(address, bytes.subarray(at, at + sizeBytes))) return false;
  return true;
}

/** The parts of segments that a range covers; `at` is where a part is in that range. */
function* piecesOf(
  segments: readonly Segment[],
  offset: number,
  sizeBytes: number,
): Generator<Segment & { readonly at: number }> {
  let start = -offset;
  for (const segment of segments) {
    const from = Math.max(start, 0);
    const to = Math.min(start + segment.sizeBytes, sizeBytes);
    if (from < to)
      yield { address: segment.address + from - start, sizeBytes: to - from, at: from };
    start += segment.sizeBytes;
    if (start >= sizeBytes) return;
  }
}
