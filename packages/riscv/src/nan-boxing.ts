/**
 * NaN-boxing: a narrow value in a wider floating-point register has all ones above it.
 *
 * @see RISC-V Unprivileged 20240411, 21.2
 */
import {
  type Bits,
  bits,
  concat,
  type DestinationRegister,
  type FloatWidth,
  type SourceRegister,
} from "@isovm/isa-spec";

const canonicalHalf = 0x7e00;
const canonicalSingle = 0x7fc0_0000;

/** The value of `width` bits in a register; the canonical NaN if it isn't boxed properly. */
export function readBoxed<W extends FloatWidth>(
  width: W,
  register: SourceRegister<number>,
): Bits<W> {
  const whole = register.read();
  const value = whole.truncate(width);
  if (register.width === width || (width !== 16 && width !== 32)) return value;
  const above = whole.extract(width, register.width - width);
  return above.equal(-1).select(value, width === 16 ? canonicalHalf : canonicalSingle);
}

/** Writes a value of at most the register's width, with ones above it. */
export function writeBoxed<W extends number>(
  register: DestinationRegister<W>,
  value: Bits<FloatWidth>,
): void {
  const above = register.width - value.width;
  const parts = above > 0 ? [bits(above, -1), value] : [value];
  register.write(concat(register.width, ...parts));
}
