/**
 * Machine-level control registers but counters and memory protection.
 *
 * @see RISC-V Privileged 20240411, 3.1
 */
import type { Xlen } from "../hart.ts";
import {
  architectural,
  computed,
  fixed,
  instructionAddress,
  stored,
  trapVector,
  unusedEvents,
} from "./contents.ts";
import type { ControlDefinition } from "./control-definition.ts";
import { field, flag, flags } from "./fields.ts";
import { delegableExceptions } from "./modes.ts";

/** The machine-level registers. */
export function machineRegisters(xlen: Xlen): readonly ControlDefinition[] {
  return [
    { number: 0xf11, name: "mvendorid", content: fixed() },
    { number: 0xf12, name: "marchid", content: fixed() },
    { number: 0xf13, name: "mimpid", content: fixed() },
    { number: 0xf14, name: "mhartid", content: fixed(({ index }) => BigInt(index)) },
    { number: 0xf15, name: "mconfigptr", content: fixed() },
    {
      number: 0x300,
      name: "mstatus",
      changes: "modes",
      content: computed(
        (state) => state.readStatus("machine"),
        (state, value) => state.writeStatus("machine", value),
      ),
    },
    ...(xlen === 32 ? [{ number: 0x310, name: "mstatush", content: fixed() }] : []),
    { number: 0x301, name: "misa", content: fixed(({ misa }) => misa) },
    { number: 0x302, name: "medeleg", content: stored(flags(delegableExceptions)) },
    {
      number: 0x303,
      name: "mideleg",
      content: computed(
        ({ interrupts }) => BigInt(interrupts.delegated),
        ({ interrupts }, value) => interrupts.writeDelegated(value),
      ),
    },
    {
      number: 0x304,
      name: "mie",
      content: computed(
        ({ interrupts }) => BigInt(interrupts.enabled),
        ({ interrupts }, value) => interrupts.writeEnabled(value),
      ),
    },
    { number: 0x305, name: "mtvec", content: trapVector(xlen) },
    {
      number: 0x306,
      name: "mcounteren",
      changes: "counters",
      content: stored([field("counters", 0, 32)]),
    },
    {
      number: 0x30a,
      name: "menvcfg",
      upperHalf: 0x31a,
      changes: "translation",
      content: stored([flag("FIOM", 0), flag("ADUE", 61), flag("PBMTE", 62), flag("STCE", 63)]),
    },
    {
      number: 0x320,
      name: "mcountinhibit",
      content: computed(
        ({ counters }) => counters.inhibited,
        ({ counters }, value) => counters.inhibit(value),
      ),
    },
    ...unusedEvents(0x323, "mhpmevent"),
    { number: 0x340, name: "mscratch", content: architectural("mscratch") },
    { number: 0x341, name: "mepc", content: instructionAddress("mepc") },
    { number: 0x342, name: "mcause", content: architectural("mcause") },
    { number: 0x343, name: "mtval", content: architectural("mtval") },
    {
      number: 0x344,
      name: "mip",
      content: computed(
        ({ interrupts }) => BigInt(interrupts.pending),
        ({ interrupts }, value) => interrupts.writePending(value),
        ({ interrupts }) => BigInt(interrupts.pendingForChange),
      ),
    },
  ];
}
