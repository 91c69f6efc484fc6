/**
 * Supervisor-level control registers, many of them views of machine-level ones.
 *
 * @see RISC-V Privileged 20240411, 10.1 and 16 (Sstc)
 */
import type { Xlen } from "../hart.ts";
import { architectural, computed, instructionAddress, stored, trapVector } from "./contents.ts";
import type { ControlDefinition } from "./control-definition.ts";
import { field, flag } from "./fields.ts";

/** The supervisor-level registers. */
export function supervisorRegisters(xlen: Xlen): readonly ControlDefinition[] {
  return [
    {
      number: 0x100,
      name: "sstatus",
      changes: "modes",
      content: computed(
        (state) => state.readStatus("supervisor"),
        (state, value) => state.writeStatus("supervisor", value),
      ),
    },
    {
      number: 0x104,
      name: "sie",
      content: computed(
        ({ interrupts }) => BigInt(interrupts.enabled & interrupts.delegated),
        ({ interrupts }, value) => interrupts.writeSupervisorEnabled(value),
      ),
    },
    { number: 0x105, name: "stvec", content: trapVector(xlen) },
    {
      number: 0x106,
      name: "scounteren",
      changes: "counters",
      content: stored([field("counters", 0, 32)]),
    },
    { number: 0x10a, name: "senvcfg", content: stored([flag("FIOM", 0)]) },
    { number: 0x140, name: "sscratch", content: architectural("sscratch") },
    { number: 0x141, name: "sepc", content: instructionAddress("sepc") },
    { number: 0x142, name: "scause", content: architectural("scause") },
    { number: 0x143, name: "stval", content: architectural("stval") },
    {
      number: 0x144,
      name: "sip",
      content: computed(
        ({ interrupts }) => BigInt(interrupts.pending & interrupts.delegated),
        ({ interrupts }, value) => interrupts.writeSupervisorPending(value),
      ),
    },
    {
      number: 0x14d,
      name: "stimecmp",
      upperHalf: 0x15d,
      admission: "timerCompare",
      changes: "timer",
      content: stored([field("stimecmp", 0, 64)], 0xffff_ffff_ffff_ffffn),
    },
    {
      number: 0x180,
      name: "satp",
      admission: "addressTranslation",
      changes: "modes",
      content: computed(
        ({ translation }) => translation.root,
        ({ translation }, value) => translation.writeRoot(value),
      ),
    },
  ];
}
