/**
 * Which extensions there are, which of them need each other, and the name that a set of them has.
 *
 * @see RISC-V Unprivileged 20240411, "ISA Extension Naming Conventions"
 */
import { IsovmError } from "@isovm/isa-spec";
import type { Xlen } from "./hart.ts";

/** Extensions that this package has, in the order of the naming conventions. */
export const extensionNames = [
  "I",
  "M",
  "A",
  "F",
  "D",
  "C",
  "Zicntr",
  "Zicond",
  "Zicsr",
  "Zifencei",
  "Zihintpause",
  "Zaamo",
  "Zalrsc",
  "Zca",
  "Zcb",
  "Zcd",
  "Zcf",
  "Zba",
  "Zbb",
  "Zbs",
] as const;

/** The name of an extension, as the manual writes it. `A` and `C` stand for their parts. */
export type ExtensionName = (typeof extensionNames)[number];

/** A set of extensions contradicts itself or the base instruction set. */
export class ExtensionError extends IsovmError<{
  readonly extension: string;
  /** The extension that is missing, or undefined if `extension` itself isn't possible. */
  readonly missing: ExtensionName | undefined;
}> {}

/** What a set has if nothing is said. */
export const defaultExtensions: readonly ExtensionName[] = [
  "I",
  "M",
  "A",
  "F",
  "D",
  "C",
  "Zicntr",
  "Zicond",
  "Zicsr",
  "Zifencei",
  "Zihintpause",
  "Zba",
  "Zbb",
  "Zbs",
];

/** Extensions that an extension needs. */
const requirements: Partial<Record<ExtensionName, readonly ExtensionName[]>> = {
  F: ["Zicsr"],
  D: ["F"],
  Zicntr: ["Zicsr"],
  Zcb: ["Zca"],
  Zcd: ["Zca", "D"],
  Zcf: ["Zca", "F"],
};

/**
 * The extensions of a set with the parts that `A` and `C` stand for.
 *
 * @throws ExtensionError if an extension is unknown, lacks another that it needs, or doesn't exist
 *   with this XLEN.
 */
export function resolveExtensions(
  xlen: Xlen,
  selected: readonly ExtensionName[],
): ReadonlySet<ExtensionName> {
  const set = new Set<ExtensionName>(["I", ...selected]);
  for (const extension of set) {
    if (!extensionNames.includes(extension)) {
      throw new ExtensionError(`there is no extension ${extension} here`, {
        extension,
        missing: undefined,
      });
    }
  }
  if (set.has("A")) set.add("Zaamo").add("Zalrsc");
  if (set.has("C")) {
    set.add("Zca");
    if (set.has("D")) set.add("Zcd");
    if (set.has("F") && xlen === 32) set.add("Zcf");
  }
  if (set.has("Zcf") && xlen === 64) {
    throw new ExtensionError("Zcf exists on RV32 only: RV64 has other instructions there", {
      extension: "Zcf",
      missing: undefined,
    });
  }
  for (const extension of set) {
    const missing = requirements[extension]?.find((needed) => !set.has(needed));
    if (missing) {
      throw new ExtensionError(`extension ${extension} needs ${missing}`, { extension, missing });
    }
  }
  return set;
}

/** The canonical name of a set: `rv64imafdc_zicsr_zba`; parts of `A` and `C` are not repeated. */
export function isaName(xlen: Xlen, set: ReadonlySet<ExtensionName>): string {
  const implied = new Set<ExtensionName>([
    ...(set.has("A") ? (["Zaamo", "Zalrsc"] as const) : []),
    ...(set.has("C") ? (["Zca", "Zcd", "Zcf"] as const) : []),
  ]);
  const names = extensionNames.filter((name) => set.has(name) && !implied.has(name));
  const letters = names.filter((name) => name.length === 1).join("");
  const rest = names.filter((name) => name.length > 1).map((name) => `_${name}`);
  return `rv${xlen}${letters}${rest.join("")}`.toLowerCase();
}
