/**
 * Fields of control registers and what writing them does, as data (WARL).
 *
 * @see RISC-V Privileged 20240411, 2.3
 */

/** Bits `low` to `low + width - 1` that can be written. */
export interface Field {
  readonly name: string;
  readonly low: number;
  readonly width: number;
  /** The values that the field can have; a write of another one leaves it as it is. */
  readonly legal?: readonly bigint[];
}

/** A field of one bit. */
export function flag(name: string, low: number): Field {
  return { name, low, width: 1 };
}

/** A field that takes any value. */
export function field(name: string, low: number, width: number): Field {
  return { name, low, width };
}

/** A field of one bit for every bit that is set in `mask`. */
export function flags(mask: number): readonly Field[] {
  return Array.from({ length: 32 }, (_, low) => flag(`bit ${low}`, low)).filter(
    ({ low }) => ((mask >>> low) & 1) !== 0,
  );
}

/** The value of a register after a write: bits outside of its fields stay. */
export function legalise(fields: readonly Field[], old: bigint, written: bigint): bigint {
  let value = old;
  for (const { low, width, legal } of fields) {
    const ones = (1n << BigInt(width)) - 1n;
    const part = (written >> BigInt(low)) & ones;
    if (legal && !legal.includes(part)) continue;
    value = (value & ~(ones << BigInt(low))) | (part << BigInt(low));
  }
  return value;
}
