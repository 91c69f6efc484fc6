/**
 * Counters: those of machine mode and the read-only views of them.
 *
 * @see RISC-V Privileged 20240411, 3.1.10; RISC-V Unprivileged 20240411, 8
 */
import type { Xlen } from "../hart.ts";
import { computed, fixed, unusedEvents } from "./contents.ts";
import type { ControlDefinition } from "./control-definition.ts";
import type { CounterName } from "./counters.ts";

/** The counters; `time` is the machine's real-time counter. */
export function counterRegisters(xlen: Xlen): readonly ControlDefinition[] {
  const views = [
    ...unusedEvents(0xc03, "hpmcounter"),
    ...(xlen === 32 ? unusedEvents(0xc83, "hpmcounterh") : []),
  ];
  return [
    counter(0xb00, "mcycle", "cycle"),
    counter(0xb02, "minstret", "instret"),
    ...unusedEvents(0xb03, "mhpmcounter"),
    ...(xlen === 32 ? unusedEvents(0xb83, "mhpmcounterh") : []),
    view(0xc00, "cycle", "cycle"),
    view(0xc02, "instret", "instret"),
    {
      number: 0xc01,
      name: "time",
      upperHalf: 0xc81,
      admission: "counter",
      content: fixed(({ host }) => host.time()),
    },
    ...views.map((definition) => ({ ...definition, admission: "counter" as const })),
  ];
}

function counter(number: number, name: string, source: CounterName): ControlDefinition {
  return {
    number,
    name,
    upperHalf: number + 0x80,
    content: computed(
      ({ counters }) => counters.read(source),
      ({ counters }, value) => counters.write(source, value),
    ),
  };
}

function view(number: number, name: string, source: CounterName): ControlDefinition {
  return {
    number,
    name,
    upperHalf: number + 0x80,
    admission: "counter",
    content: fixed(({ counters }) => counters.read(source)),
  };
}
