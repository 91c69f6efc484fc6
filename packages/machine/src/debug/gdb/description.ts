/**
 * The description of a target's registers in XML.
 *
 * @see Debugging with GDB, G.2 (Target Description Format)
 */
import type { DebuggerRegister } from "@isovm/isa-spec";
import type { DebugTarget } from "../debug-target.ts";

/** All registers, by their numbers. */
export function registersOf({ features }: DebugTarget): readonly DebuggerRegister[] {
  return features.flatMap(({ registers }) => registers);
}

/** The document `target.xml`. */
export function describeTarget({ architecture, features }: DebugTarget): string {
  return [
    '<?xml version="1.0"?>',
    '<!DOCTYPE target SYSTEM "gdb-target.dtd">',
    '<target version="1.0">',
    `  <architecture>${quote(architecture)}</architecture>`,
    ...features.flatMap(({ name, registers }) => [
      `  <feature name="${quote(name)}">`,
      ...registers.map((register) => `    ${describeRegister(register)}`),
      "  </feature>",
    ]),
    "</target>",
    "",
  ].join("\n");
}

function describeRegister({ name, bits, type, group }: DebuggerRegister): string {
  const attributes = { name, bitsize: `${bits}`, type: type ?? "int", group };
  const texts = Object.entries(attributes).map(([key, value]) =>
    value === undefined ? "" : ` ${key}="${quote(value)}"`,
  );
  return `<reg${texts.join("")}/>`;
}

function quote(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
