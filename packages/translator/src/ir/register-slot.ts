/** Registers as places in the block of bytes that holds a hart's state. */
import type { Expression, FileLayout, RegisterReference, StateLayout } from "@isovm/isa-spec";
import { constant } from "./constants.ts";

/** The place of one register; there is one object for each, so that slots compare by identity. */
export interface RegisterSlot {
  /** For people: the file, and the register's number in it. */
  readonly name: string;
  /** Byte offset in the {@link StateLayout}. */
  readonly offset: number;
  /** Width in bits. */
  readonly width: number;
}

/** What a reference names once its index is known. */
export type RegisterPlace =
  | RegisterSlot
  /** The register that reads as zero and ignores writes. */
  | "zero"
  /** An index that isn't constant, or that the file doesn't have. */
  | "unknown";

interface FileSlots {
  readonly zero: number | undefined;
  readonly slots: readonly RegisterSlot[];
  /** References with constant indexes. */
  readonly references: readonly RegisterReference[];
}

const known = new WeakMap<StateLayout, Map<string, FileSlots>>();

function slotsOf(layout: StateLayout): Map<string, FileSlots> {
  let files = known.get(layout);
  if (!files) {
    files = new Map([...layout.files].map(([name, file]) => [name, fileSlots(file)]));
    known.set(layout, files);
  }
  return files;
}

function fileSlots({ definition, offset, strideBytes }: FileLayout): FileSlots {
  const { name: file, count, width, zero } = definition;
  const slots = Array.from({ length: count }, (_, index) => ({
    name: count === 1 ? file : `${file}${index}`,
    offset: offset + index * strideBytes,
    width,
  }));
  const indexWidth = Math.max(1, Math.ceil(Math.log2(count)));
  const references = slots.map(
    (_, index): RegisterReference => ({ file, width, index: constant(indexWidth, BigInt(index)) }),
  );
  return { zero, slots, references };
}

/** The reference to a register of constant index that all instructions share; saves memory. */
export function registerReference(
  layout: StateLayout,
  file: string,
  index: Expression,
): RegisterReference | undefined {
  if (index.kind !== "constant") return undefined;
  return slotsOf(layout).get(file)?.references[Number(index.value)];
}

/** All slots of a register file. */
export function fileRegisterSlots(layout: StateLayout, file: string): readonly RegisterSlot[] {
  return slotsOf(layout).get(file)?.slots ?? [];
}

/** The register that `file` has at `index`; files of one register have none. */
export function registerPlace(
  layout: StateLayout,
  file: string,
  index: Expression | undefined,
): RegisterPlace {
  const found = slotsOf(layout).get(file);
  if (!found || (index && index.kind !== "constant")) return "unknown";
  const number = index ? Number(index.value) : 0;
  if (number === found.zero) return "zero";
  return found.slots[number] ?? "unknown";
}

/** The slot of a reference; undefined for a hard-wired zero or an index that isn't constant. */
export function registerSlot(
  layout: StateLayout,
  reference: RegisterReference,
): RegisterSlot | undefined {
  const place = registerPlace(layout, reference.file, reference.index);
  return typeof place === "string" ? undefined : place;
}
