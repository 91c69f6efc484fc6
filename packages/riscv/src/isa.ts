/**
 * RV32 and RV64 as ISAs that engines, decoders and machines take.
 *
 * @see RISC-V Unprivileged 20240411
 */
import { defineIsa, type Extension, type Isa, type RegisterFileDefinition } from "@isovm/isa-spec";
import { addressGeneration } from "./address-generation.ts";
import { assemblySyntax } from "./assembly-syntax.ts";
import { atomicMemoryOperations, loadReserved } from "./atomic.ts";
import { basicBits } from "./basic-bits.ts";
import { compressed } from "./compressed.ts";
import { compressedBasics } from "./compressed-basics.ts";
import { compressedDouble, compressedSingle } from "./compressed-float.ts";
import { conditional } from "./conditional.ts";
import { type ControlRegisters, counters, floatControlRegisters } from "./control-registers.ts";
import { controlRegisterInstructions } from "./csr.ts";
import { debuggerDescription } from "./debugger.ts";
import { double } from "./double.ts";
import { defaultExtensions, type ExtensionName, isaName, resolveExtensions } from "./extensions.ts";
import { fenceI } from "./fence-i.ts";
import { frequentPairs } from "./frequent-pairs.ts";
import { defineHart, type FloatHooks, type Hart, type Xlen } from "./hart.ts";
import { integer } from "./integer.ts";
import { multiply } from "./multiply.ts";
import { pauseHint } from "./pause-hint.ts";
import { single } from "./single.ts";
import { singleBits } from "./single-bits.ts";

/** What can be chosen about a RISC-V ISA. */
export interface RiscvOptions {
  /** The extensions beside I; all of the package's ratified ones but Zcb if not given. */
  readonly extensions?: readonly ExtensionName[];
}

/** What an execution environment (the privileged part) adds to the unprivileged rows. */
export interface Environment<X extends Xlen> {
  /** Recorded into floating-point instructions. */
  readonly floatHooks?: FloatHooks;
  /** Registers beside those of the unprivileged part. */
  readonly registers?: readonly RegisterFileDefinition[];
  /** The control registers, given the unprivileged ones of the selected extensions. */
  readonly controlRegisters?: (
    unprivileged: ControlRegisters<X>,
    hart: Hart<X>,
  ) => ControlRegisters<X>;
  /** Further instructions. */
  readonly extensions?: (hart: Hart<X>) => readonly Extension[];
}

/**
 * RV64 with the given extensions, unprivileged part.
 *
 * @throws ExtensionError if an extension lacks another that it needs.
 * @see RISC-V Unprivileged 20240411, 4
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rv64 } from "@isovm/riscv";
 *
 * assert.equal(rv64({ extensions: ["M", "C", "Zba"] }).name, "rv64imc_zba");
 * assert.throws(() => rv64({ extensions: ["D"] }), { name: "ExtensionError" });
 * ```
 */
export function rv64(options: RiscvOptions = {}): Isa {
  return riscv(64, options);
}

/**
 * RV32 with the given extensions, unprivileged part.
 *
 * @throws ExtensionError if an extension lacks another that it needs.
 * @see RISC-V Unprivileged 20240411, 2
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { rv32 } from "@isovm/riscv";
 *
 * assert.equal(rv32({ extensions: [] }).instructions.length, 41);
 * ```
 */
export function rv32(options: RiscvOptions = {}): Isa {
  return riscv(32, options);
}

/**
 * A RISC-V ISA in an execution environment: how a privileged part attaches to the rows.
 *
 * @throws ExtensionError if an extension lacks another that it needs.
 */
export function riscv<X extends Xlen>(
  xlen: X,
  options: RiscvOptions,
  environment: Environment<X> = {},
): Isa {
  const set = resolveExtensions(xlen, options.extensions ?? defaultExtensions);
  const hasCompressed = set.has("Zca");
  const hart = defineHart({
    xlen,
    flen: set.has("D") ? 64 : 32,
    compressed: hasCompressed,
    ...(environment.floatHooks && { floatHooks: environment.floatHooks }),
  });
  const unprivileged: ControlRegisters<X> = {
    table: [
      ...(set.has("F") ? floatControlRegisters(hart) : []),
      ...(set.has("Zicntr") ? counters(hart) : []),
    ],
  };
  const registers = environment.controlRegisters?.(unprivileged, hart) ?? unprivileged;
  const chapters: readonly (readonly [ExtensionName, () => Extension])[] = [
    ["I", () => integer(hart, set)],
    ["M", () => multiply(hart)],
    ["Zaamo", () => atomicMemoryOperations(hart)],
    ["Zalrsc", () => loadReserved(hart)],
    ["F", () => single(hart)],
    ["D", () => double(hart)],
    ["Zca", () => compressed(hart)],
    ["Zcf", () => compressedSingle(hart)],
    ["Zcd", () => compressedDouble(hart)],
    ["Zcb", () => compressedBasics(hart, set)],
    ["Zicond", () => conditional(hart)],
    ["Zicsr", () => controlRegisterInstructions(hart, registers)],
    ["Zifencei", () => fenceI],
    ["Zihintpause", () => pauseHint],
    ["Zba", () => addressGeneration(hart)],
    ["Zbb", () => basicBits(hart)],
    ["Zbs", () => singleBits(hart)],
  ];
  return defineIsa({
    name: isaName(xlen, set),
    addressWidth: xlen,
    registers: [
      hart.x.definition,
      ...(set.has("F") ? [hart.f.definition, hart.fflags.definition, hart.frm.definition] : []),
      ...(environment.registers ?? []),
    ],
    framing: {
      parcelBytes: 2,
      byteOrder: "little",
      lengths: [
        // Longer encodings are reserved: their first 4 bytes are the illegal instruction.
        { mask: 0b11, match: 0b11, sizeBytes: 4 },
        { mask: 0, match: 0, sizeBytes: 2 },
      ],
    },
    extensions: [
      ...chapters.filter(([name]) => set.has(name)).map(([, chapter]) => chapter()),
      ...(environment.extensions?.(hart) ?? []),
    ],
    syntax: assemblySyntax(hasCompressed),
    frequentPairs,
    debugger: debuggerDescription(hart, set.has("F")),
  });
}
