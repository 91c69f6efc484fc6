/** How the privileged part attaches to the unprivileged rows: registers, hooks, instructions. */
import { bits, effect, illegal, singleRegister, when } from "@isovm/isa-spec";
import type { Xlen } from "../hart.ts";
import type { Environment } from "../isa.ts";
import { inlineRegisters } from "./inline-registers.ts";
import { privilegedInstructions } from "./rows.ts";

/** Registers that traps and returns use, in the architectural state so that rows can, too. */
const trapRegisters = [
  "sscratch",
  "sepc",
  "scause",
  "stval",
  "mscratch",
  "mepc",
  "mcause",
  "mtval",
] as const;

/** The environment that makes RV32 or RV64 privileged. */
export function privilegedEnvironment<X extends Xlen>(
  xlen: X,
  instructionBytes: number,
): Environment<X> {
  const mode = singleRegister("mode", 2);
  // See status.ts for what it lacks.
  const status = singleRegister("mstatus", 32);
  const floatState = singleRegister("fs", 2);
  // Whether an enabled interrupt is pending: setting SIE may take it then.
  const attention = singleRegister("attention", 1);
  // The lowest mode that counter enables let read `time`.
  const timeMode = singleRegister("timeMode", 2);
  const words = trapRegisters.map((name) => singleRegister(name, xlen));
  return {
    floatHooks: {
      check: () => when(floatState.read().equal(0), () => illegal()),
      dirty: () => floatState.write(bits(2, 3)),
    },
    registers: [mode, status, floatState, attention, timeMode, ...words].map(
      ({ definition }) => definition,
    ),
    controlRegisters: ({ table }) => ({
      // Counters are subject to counter enables and can be written: they are not plain registers.
      table: [
        ...table.filter(({ name }) => !/^(cycle|time|instret)h?$/.test(name)),
        ...inlineRegisters(xlen, instructionBytes, {
          mode,
          status,
          floatState,
          attention,
          timeMode,
        }),
      ],
      check: (number) => when(mode.read().lessUnsigned(number.extract(8, 2)), () => illegal()),
      others: { access: () => effect("controlRegister") },
    }),
    extensions: (hart) => [privilegedInstructions(hart)],
  };
}
