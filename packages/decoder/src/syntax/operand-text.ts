/** Operands of instruction words as assembly text. */
import type { Operand } from "@isovm/isa-spec";

/** What the text of an operand depends on beside its value. */
export interface OperandTextContext {
  /** Address of the instruction. */
  readonly address: bigint;
  /** Width of addresses in bits; targets wrap around there. */
  readonly addressWidth: number;
  /** A name for an address, such as `loop` or `table+0x8`. */
  readonly symbolAt?: ((address: bigint) => string | undefined) | undefined;
}

/** The value of an operand as assembly text; `value` has the unsigned bits of the field. */
export function operandText(
  operand: Operand<unknown>,
  value: bigint,
  context: OperandTextContext,
): string {
  const { text, width } = operand;
  switch (text.kind) {
    case "register": {
      const number = Number(value) + text.first;
      return text.file.names?.[number] ?? `${text.file.name}${number}`;
    }
    case "integer": {
      const number = text.signed ? BigInt.asIntN(width, value) : value;
      const printed =
        text.printWidth === undefined ? number : BigInt.asUintN(text.printWidth, number);
      return integerText(printed, text.base);
    }
    case "target": {
      const target = BigInt.asUintN(
        context.addressWidth,
        context.address + BigInt(text.from ?? 0) + BigInt.asIntN(width, value),
      );
      return context.symbolAt?.(target) ?? integerText(target, 16);
    }
    case "names":
      return text.names[Number(value)] ?? integerText(value, 16);
    case "letters": {
      const letters = [...text.letters].filter(
        (_, index) => (value >> BigInt(text.letters.length - 1 - index)) & 1n,
      );
      return letters.length === 0 ? "0" : letters.join("");
    }
  }
}

/** An integer in the given base, hexadecimal with its prefix. */
export function integerText(value: bigint, base: 10 | 16): string {
  if (base === 10) return value.toString();
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
