/**
 * A hart for a debugger: control registers and the privilege mode beside the ISA's registers.
 *
 * @see Debugging with GDB, G.5.11 (RISC-V Features)
 */
import type { DebuggerFeature, DebuggerRegister, HartDebugger } from "@isovm/isa-spec";
import type { ControlAccess } from "./control-access.ts";
import type { ControlDefinition } from "./control-definition.ts";
import type { ControlState } from "./control-state.ts";
import { modeOf } from "./modes.ts";

/** The privilege mode, as GDB calls it. */
const modeName = "priv";

/** What a debugger sees of a hart. */
export function hartDebugger(
  state: ControlState,
  control: ControlAccess,
  table: readonly ControlDefinition[],
): HartDebugger {
  const numbers = new Map<string, number>();
  for (const { name, number, upperHalf } of table) {
    numbers.set(name, number);
    if (upperHalf !== undefined && state.xlen === 32) numbers.set(`${name}h`, upperHalf);
  }
  const register = (name: string): DebuggerRegister => ({
    name,
    bits: state.xlen,
    group: "system",
    place: { kind: "hart" },
  });
  const features: readonly DebuggerFeature[] = [
    { name: "org.gnu.gdb.riscv.csr", registers: [...numbers.keys()].map(register) },
    { name: "org.gnu.gdb.riscv.virtual", registers: [register(modeName)] },
  ];
  return {
    features,
    read: (name) =>
      name === modeName ? BigInt(state.mode) : control.peek(numbers.get(name) ?? -1),
    write(name, value) {
      if (name === modeName) state.change(modeOf(Number(value & 3n)), state.status);
      else control.poke(numbers.get(name) ?? -1, value);
    },
    locate: (address) => state.translation.locate(address),
  };
}
