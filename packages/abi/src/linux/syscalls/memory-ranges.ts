/** Ranges of guest memory, as the memory calls check them. */

import type { Region } from "../address-space.ts";
import { PAGE_SIZE } from "../address-space.ts";
import { LinuxError } from "../errno.ts";
import type { MemoryImage } from "../memory/memory-image.ts";

/** A length in whole pages, in bytes. */
export function pages(length: number): number {
  return Math.ceil(length / PAGE_SIZE) * PAGE_SIZE;
}

/** Checks a range that must lie inside user space; gives its length in whole pages. */
export function checkRange(
  image: MemoryImage,
  start: number,
  length: number,
  code: "EINVAL" | "ENOMEM",
): number {
  if (start % PAGE_SIZE !== 0) throw new LinuxError("EINVAL");
  const whole = pages(length);
  if (start > image.space.limit || whole > image.space.limit - start) throw new LinuxError(code);
  return whole;
}

/** The mappings from `start` on, up to the first hole. */
export function* regionsIn(
  { space }: MemoryImage,
  start: number,
  length: number,
): Iterable<Region> {
  for (let at = start; at < start + length; ) {
    const region = space.regionAt(at);
    if (region === undefined) return;
    yield region;
    at = region.end;
  }
}
