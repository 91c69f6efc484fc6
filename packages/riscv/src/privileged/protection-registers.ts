/**
 * `pmpcfg` and `pmpaddr`.
 *
 * @see RISC-V Privileged 20240411, 3.7.1
 */
import type { Xlen } from "../hart.ts";
import { computed } from "./contents.ts";
import type { ControlDefinition } from "./control-definition.ts";
import { protectionEntries } from "./memory-protection.ts";

/** The registers of physical memory protection. */
export function protectionRegisters(xlen: Xlen): readonly ControlDefinition[] {
  const perRegister = xlen / 8;
  const configurations = Array.from({ length: protectionEntries / perRegister }, (_, index) => {
    const first = index * perRegister;
    // RV64 has the registers of even numbers only, with twice as many entries.
    return {
      number: 0x3a0 + first / 4,
      name: `pmpcfg${first / 4}`,
      changes: "translation" as const,
      content: computed(
        ({ protection }) => protection.readConfigurations(first, perRegister),
        ({ protection }, value) => protection.writeConfigurations(first, perRegister, value),
      ),
    };
  });
  const addresses = Array.from({ length: protectionEntries }, (_, index) => ({
    number: 0x3b0 + index,
    name: `pmpaddr${index}`,
    changes: "translation" as const,
    content: computed(
      ({ protection }) => protection.readAddress(index),
      ({ protection }, value) => protection.writeAddress(index, value),
    ),
  }));
  return [...configurations, ...addresses];
}
