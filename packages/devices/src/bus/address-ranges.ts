/** Ranges of addresses that must not overlap. */

/** A named range of guest-physical addresses. */
export interface AddressRange {
  readonly name: string;
  readonly base: number;
  readonly sizeBytes: number;
}

/** What is wrong with some ranges, and with which. */
export interface RangeProblem {
  readonly message: string;
  readonly names: readonly string[];
}

/** The first range that is none, or the first two that overlap, by their addresses. */
export function findRangeProblem(ranges: readonly AddressRange[]): RangeProblem | undefined {
  const broken = ranges.find((range) => !isRange(range));
  if (broken !== undefined) {
    const { name, base, sizeBytes } = broken;
    return { message: `${name}: no range of ${sizeBytes} bytes at ${base}`, names: [name] };
  }
  const sorted = ranges.toSorted((a, b) => a.base - b.base);
  for (const [index, { name, base, sizeBytes }] of sorted.entries()) {
    const next = sorted[index + 1];
    if (next !== undefined && next.base < base + sizeBytes)
      return {
        message: `${name} and ${next.name} overlap at 0x${next.base.toString(16)}`,
        names: [name, next.name],
      };
  }
  return undefined;
}

/** Offsets in a range are as aligned as the addresses are, for every width of an access. */
function isRange({ base, sizeBytes }: AddressRange): boolean {
  const isWhole = Number.isSafeInteger(base) && Number.isSafeInteger(base + sizeBytes);
  return isWhole && base >= 0 && base % 8 === 0 && sizeBytes > 0;
}
