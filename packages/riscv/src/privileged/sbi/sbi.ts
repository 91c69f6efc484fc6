/**
 * A small supervisor binary interface, so that a kernel boots without firmware.
 *
 * @see RISC-V Supervisor Binary Interface 2.0
 */
import type { HartOutcome } from "@isovm/isa-spec";
import type { Firmware, FirmwareCalls, FirmwareHart } from "../firmware.ts";
import { base } from "./base.ts";
import { type SbiContext, SbiError, type SbiExtension, type SbiOptions } from "./call.ts";
import { console } from "./console.ts";
import { hartState } from "./hart-state.ts";
import { legacy } from "./legacy.ts";
import { remoteFence } from "./remote-fence.ts";
import { interprocessor, reset, timer } from "./small.ts";

const a0 = 10;
const registers = { extension: 17, function: 16 } as const;

/** All extensions; the base extension finds the others here. */
const extensions: readonly SbiExtension[] = [
  base(() => extensions),
  timer,
  interprocessor,
  remoteFence,
  hartState,
  reset,
  console,
  ...legacy,
];
const byNumber: ReadonlyMap<bigint, SbiExtension> = new Map(
  extensions.map((extension) => [extension.number, extension]),
);

/**
 * Firmware that answers a kernel's calls itself: base, TIME, IPI, RFENCE, HSM, SRST, DBCN and the
 * legacy calls of a console and of shutting down. Hart 0 boots; the kernel starts the others.
 *
 * @see RISC-V Supervisor Binary Interface 2.0
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { riscvSystem, sbi } from "@isovm/riscv";
 *
 * let text = "";
 * const firmware = sbi({
 *   console: { write: (bytes) => (text += new TextDecoder().decode(bytes)) },
 *   power: ({ kind }) => (text += `[${kind}]`),
 * });
 * const architecture = riscvSystem({ firmware });
 * assert.ok(architecture.isa.layout.files.has("mode"));
 * ```
 */
export function sbi(options: SbiOptions = {}): Firmware {
  const harts: FirmwareHart[] = [];
  return {
    attach(hart: FirmwareHart): FirmwareCalls {
      harts[hart.index] = hart;
      const context: SbiContext = { hart, harts, options };
      return { call: () => call(context) };
    },
  };
}

function call(context: SbiContext): HartOutcome {
  const { hart } = context;
  const extension = byNumber.get(BigInt.asUintN(32, hart.readRegister(registers.extension)));
  const number = Number(BigInt.asUintN(32, hart.readRegister(registers.function)));
  const handler = extension?.isLegacy ? extension.functions[0] : extension?.functions[number];
  const values = Array.from({ length: 6 }, (_, index) => hart.readRegister(a0 + index));
  const result = handler?.(context, values) ?? { error: SbiError.notSupported };
  if ("kind" in result) return result;
  hart.writeRegister(a0, result.error);
  if (!extension?.isLegacy) hart.writeRegister(a0 + 1, result.value ?? 0n);
  return result.outcome ?? { kind: "continue" };
}
