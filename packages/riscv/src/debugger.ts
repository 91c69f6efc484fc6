/**
 * The registers of a hart as GDB knows them.
 *
 * @see Debugging with GDB, G.5.11 (RISC-V Features)
 */
import type {
  DebuggerDescription,
  DebuggerRegister,
  RegisterFileDefinition,
  RegisterPlace,
} from "@isovm/isa-spec";
import type { Hart, Xlen } from "./hart.ts";

/** Registers that hold addresses, by what they point to. */
const pointers: Readonly<Record<string, string>> = {
  ra: "code_ptr",
  sp: "data_ptr",
  gp: "data_ptr",
  tp: "data_ptr",
};

/** What a debugger is told of a hart. */
export function debuggerDescription<X extends Xlen>(
  { xlen, x, f, fflags, frm }: Hart<X>,
  hasFloat: boolean,
): DebuggerDescription {
  const floatType = f.definition.width === 64 ? "ieee_double" : "ieee_single";
  const accrued = placeOf(fflags.definition);
  const rounding = placeOf(frm.definition);
  const control = (name: string, ...parts: readonly RegisterPlace[]): DebuggerRegister => ({
    name,
    bits: 32,
    type: "int",
    group: "float",
    place: { kind: "registers", parts },
  });
  const counter: DebuggerRegister = {
    name: "pc",
    bits: xlen,
    type: "code_ptr",
    place: { kind: "programCounter" },
  };
  const cpu = {
    name: "org.gnu.gdb.riscv.cpu",
    registers: [...file(x.definition, (name) => pointers[name]), counter],
  };
  const fpu = {
    name: "org.gnu.gdb.riscv.fpu",
    registers: [
      ...file(f.definition, () => floatType),
      control("fflags", accrued),
      control("frm", rounding),
      control("fcsr", accrued, rounding),
    ],
  };
  return { architecture: `riscv:rv${xlen}`, features: hasFloat ? [cpu, fpu] : [cpu] };
}

function file(
  definition: RegisterFileDefinition,
  typeOf: (name: string) => string | undefined,
): readonly DebuggerRegister[] {
  const { names, count, width: bits } = definition;
  return Array.from({ length: count }, (_, register) => {
    const name = names?.[register] ?? `${definition.name}${register}`;
    const type = typeOf(name);
    const place = { kind: "registers", parts: [placeOf(definition, register)] } as const;
    return { name, bits, ...(type !== undefined && { type }), place };
  });
}

function placeOf({ name, width }: RegisterFileDefinition, register = 0): RegisterPlace {
  return { file: name, register, width };
}
