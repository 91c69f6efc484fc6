/** RV32 and RV64 with their privileged part, as a system VM takes them. */
import type { PhysicalMemory, PrivilegedArchitecture } from "@isovm/isa-spec";
import { defaultExtensions, resolveExtensions } from "../extensions.ts";
import type { Xlen } from "../hart.ts";
import { type RiscvOptions, riscv } from "../isa.ts";
import type { SharedTranslation } from "./address-translation.ts";
import { controlTable } from "./control-table.ts";
import { privilegedEnvironment } from "./environment.ts";
import type { Firmware } from "./firmware.ts";
import { type HartProperties, hartProperties, privilegedExtensions } from "./hart-properties.ts";
import { LargePages } from "./large-pages.ts";
import { RiscvHart } from "./privileged-hart.ts";

/** What can be chosen about a RISC-V system. */
export interface RiscvSystemOptions extends RiscvOptions {
  /** Width of an integer register; 64 if not given. */
  readonly xlen?: Xlen;
  /** Answers supervisor mode in place of machine mode: `sbi()`. Of one machine only. */
  readonly firmware?: Firmware;
}

/** A RISC-V architecture, and how a device tree describes its harts. */
export interface RiscvSystem extends PrivilegedArchitecture {
  /** Properties of a `cpu` node: `compatible`, `riscv,isa` in its three forms, `mmu-type`. */
  readonly hartProperties: HartProperties;
}

/**
 * RISC-V with machine, supervisor and user mode: what a system VM is composed of.
 *
 * Address translation is Sv39, Sv48 and Sv57 (Sv32 on RV32) with Svade, Svadu, Svinval, Svnapot and
 * Svpbmt; there are 16 entries of physical memory protection, Sstc, and no debug triggers.
 *
 * @throws ExtensionError if an extension lacks another that it needs; Zicsr is needed by all.
 * @see RISC-V Privileged 20240411
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { riscvSystem } from "@isovm/riscv";
 *
 * const { isa, hartProperties } = riscvSystem({ extensions: ["M", "A", "C", "Zicsr"] });
 * assert.ok(isa.instructions.some((row) => row.mnemonic === "sfence.vma"));
 * assert.ok(isa.layout.files.has("sepc"));
assert.equal(hartProperties["mmu-type"], "riscv,sv57");
 * ```
 */
export function riscvSystem(options: RiscvSystemOptions = {}): RiscvSystem {
  const { xlen = 64, extensions = defaultExtensions, firmware } = options;
  const names = [...extensions, "Zicsr" as const];
  const set = resolveExtensions(xlen, names);
  const instructionBytes = set.has("Zca") ? 2 : 4;
  const environment = privilegedEnvironment(xlen, instructionBytes);
  const isa = riscv(xlen, { extensions: names }, environment);
  const table = controlTable(xlen);
  const parameters = {
    xlen,
    instructionBytes,
    misa: misaOf(xlen, set),
    hasFloat: set.has("F"),
  } as const;
  // Harts of one machine may share translations, and have its memory in common.
  const machines = new WeakMap<PhysicalMemory, SharedTranslation>();
  const sharedBy = (physical: PhysicalMemory): SharedTranslation => {
    const shared = machines.get(physical) ?? { largePages: new LargePages(), settings: new Map() };
    machines.set(physical, shared);
    return shared;
  };
  return {
    isa: { ...isa, name: `${isa.name}_${privilegedExtensions.join("_")}` },
    hartProperties: hartProperties(xlen, set),
    createHart: (host) => new RiscvHart(host, parameters, table, sharedBy(host.physical), firmware),
  };
}

/** `misa`: XLEN and the extensions of one letter; those of the modes are S and U. */
function misaOf(xlen: Xlen, set: ReadonlySet<string>): bigint {
  const letters = ["I", "M", "A", "F", "D", "C"].filter((letter) => set.has(letter));
  const bits = [...letters, "S", "U"].map((letter) => 1n << BigInt(letter.charCodeAt(0) - 65));
  const width = (xlen === 64 ? 2n : 1n) << BigInt(xlen - 2);
  return bits.reduce((misa, bit) => misa | bit, width);
}
