/**
 * ISA strings: `rv64gc_zba` as compilers and assemblers take it.
 *
 * @see RISC-V Unprivileged 20240411, "ISA Extension Naming Conventions"
 */
import type { Isa } from "@isovm/isa-spec";
import { ExtensionError, type ExtensionName, extensionNames } from "./extensions.ts";
import { riscv } from "./isa.ts";

/** Letters that stand for several extensions. */
const groups: Readonly<Record<string, readonly ExtensionName[]>> = {
  g: ["M", "A", "F", "D", "Zicsr", "Zifencei"],
  b: ["Zba", "Zbb", "Zbs"],
};

/**
 * The ISA of an ISA string such as `rv64gc`, `rv32imac` or `rv64i_zba_zicsr`; letters may be of
 * either case. A name without extensions, `rv64` or `riscv64`, has all that this package has.
 *
 * @throws ExtensionError if the string is none, or names an extension that this package lacks.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { isaFromString } from "@isovm/riscv";
 *
 * assert.equal(isaFromString("rv32imac").name, "rv32imac");
 * assert.throws(() => isaFromString("rv64gv"), { name: "ExtensionError" });
 * ```
 */
export function isaFromString(text: string): Isa {
  const match = /^(?:rv|riscv)(32|64)([a-z0-9_]*)$/i.exec(text.trim());
  if (!match) {
    throw new ExtensionError(`"${text}" is no RISC-V ISA string such as rv64gc`, {
      extension: text,
      missing: undefined,
    });
  }
  const xlen = match[1] === "32" ? 32 : 64;
  const rest = (match[2] ?? "").toLowerCase();
  if (rest === "") {
    const all = extensionNames.filter((name) => xlen === 32 || name !== "Zcf");
    return riscv(xlen, { extensions: all });
  }
  const [letters = "", ...names] = rest.split("_");
  if (!/^[ig]/.test(letters)) {
    throw new ExtensionError(`"${text}" names no base: rv${xlen} is followed by i or g`, {
      extension: text,
      missing: undefined,
    });
  }
  const extensions = [...splitLetters(letters), ...names]
    .filter((name) => name !== "")
    .flatMap((name) => groups[name] ?? [extensionNamed(name)]);
  return riscv(xlen, { extensions });
}

/** The single letters, and a multi-letter name that follows them without an underscore. */
function splitLetters(letters: string): readonly string[] {
  const at = letters.search(/z/);
  const [single, long] = at < 0 ? [letters, ""] : [letters.slice(0, at), letters.slice(at)];
  return [...single.replace(/\d+(p\d+)?/g, ""), long];
}

function extensionNamed(text: string): ExtensionName {
  const bare = text.length > 1 ? text.replace(/\d+p\d+$/, "") : text;
  const name = extensionNames.find((known) => known.toLowerCase() === bare);
  if (!name) {
    throw new ExtensionError(
      `there is no extension ${text} here, only ${extensionNames.join(", ")}`,
      { extension: text, missing: undefined },
    );
  }
  return name;
}
