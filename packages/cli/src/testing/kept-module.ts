/** Modules for tests of the translation store. */
import type { KeptModule, TranslationKey } from "@isovm/translator";

export const storeKey: TranslationKey = { program: "program", isa: "isa", version: "1" };

/** A module of one region; different numbers make different ones. */
export function keptModule(number: number): KeptModule {
  const pc = BigInt(0x1000 + 4 * number);
  const code = [{ address: pc, bytes: Uint8Array.of(number, number >> 8, 3, 4) }];
  const regions = [{ pc, entryNumber: 0, exportName: "r0", instructionCount: 1, code }];
  return { host: "host", wasm: new Uint8Array(5000).fill(number), regions };
}
