/**
 * How a device tree describes a hart.
 *
 * @see https://www.kernel.org/doc/Documentation/devicetree/bindings/riscv/cpus.yaml
 * @see https://www.kernel.org/doc/Documentation/devicetree/bindings/riscv/extensions.yaml
 */

import type { ExtensionName } from "../extensions.ts";
import { isaName } from "../extensions.ts";
import type { Xlen } from "../hart.ts";

/** Properties of a `cpu` node. */
export type HartProperties = Readonly<Record<string, string | readonly string[]>>;

/**
 * Extensions of the privileged part, in the order of the naming conventions. Svadu without Svade
 * says that accessed and dirty bits are set by hardware from the start.
 */
export const privilegedExtensions: readonly string[] = [
  "sstc",
  "svadu",
  "svinval",
  "svnapot",
  "svpbmt",
];

/** Extensions of the privileged part that RV32 lacks, because they are about 64-bit entries. */
const only64: readonly string[] = ["svnapot", "svpbmt"];

/** The properties that depend on the ISA. */
export function hartProperties(xlen: Xlen, set: ReadonlySet<ExtensionName>): HartProperties {
  const name = isaName(xlen, set);
  const [first = "", ...long] = name.split("_");
  const letters = [...first.slice(`rv${xlen}`.length)];
  const privileged = privilegedExtensions.filter((one) => xlen === 64 || !only64.includes(one));
  return {
    compatible: "riscv",
    "riscv,isa": [name, ...privileged].join("_"),
    "riscv,isa-base": `rv${xlen}i`,
    "riscv,isa-extensions": [...letters, ...long, ...privileged],
    "mmu-type": xlen === 64 ? "riscv,sv57" : "riscv,sv32",
  };
}
