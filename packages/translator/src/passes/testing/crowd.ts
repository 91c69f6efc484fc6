/** For tests: programs that use few registers, so that their writes and reads meet. */
import type { Instruction } from "@isovm/isa-spec";

interface Item {
  readonly kind: string;
  readonly row?: Instruction;
  readonly fields?: Readonly<Record<string, bigint>>;
  readonly body?: readonly Item[];
}

/** Registers of an operand that stay what they are: those that programs are built around. */
export type IsFixed = (file: string, register: number) => boolean;

/** The items with their other registers mapped to two of each file, 10 and 11. */
export function crowd<T extends Item>(items: readonly T[], isFixed: IsFixed): readonly T[] {
  return items.map((item) => {
    if (item.body) return { ...item, body: crowd(item.body, isFixed) };
    const { row, fields } = item;
    if (!row || !fields) return item;
    const mapped = Object.entries(fields).map(([name, value]) => {
      const text = row.operands[name]?.text;
      if (text?.kind !== "register") return [name, value] as const;
      const register = text.first + Number(value);
      if (register === text.file.zero || isFixed(text.file.name, register)) {
        return [name, value] as const;
      }
      return [name, BigInt(10 + (register % 2) - text.first)] as const;
    });
    return { ...item, fields: Object.fromEntries(mapped) };
  });
}
