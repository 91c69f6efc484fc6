/**
 * The control registers that kernels use all the time, as semantics over the architectural state:
 * generated code accesses them without leaving the engine. The table of the hart has them too.
 *
 * @see RISC-V Privileged 20240411, 10.1
 */
import {
  type Bits,
  bits,
  effect,
  intrinsic,
  type SingleRegister,
  singleRegister,
  when,
} from "@isovm/isa-spec";
import type { ControlRegister } from "../control-registers.ts";
import type { Xlen } from "../hart.ts";
import { floatStateShift, Status, supervisorStatus } from "./status.ts";

/** What the registers are made of, and when an access is left to the hart. */
export interface StatusRegisters {
  readonly mode: SingleRegister<2>;
  /** The lowest mode that may read `time`. */
  readonly timeMode: SingleRegister<2>;
  readonly status: SingleRegister<32>;
  readonly floatState: SingleRegister<2>;
  /** Whether setting `SIE` may have an interrupt taken now. */
  readonly attention: SingleRegister<1>;
}

/** The registers, for a table of `Environment`. */
export function inlineRegisters<X extends Xlen>(
  xlen: X,
  /** Alignment of instructions. */
  instructionBytes: number,
  registers: StatusRegisters,
): readonly ControlRegister<X>[] {
  return [
    { number: 0x100, name: "sstatus", ...supervisorStatusRegister(xlen, registers) },
    plain(xlen, 0x140, "sscratch"),
    plain(xlen, 0x141, "sepc", -instructionBytes),
    plain(xlen, 0x142, "scause"),
    plain(xlen, 0x143, "stval"),
    // On RV32 it is two registers, both of which are the hart's.
    ...(xlen === 64 ? [{ number: 0xc01, name: "time", read: () => time(xlen, registers) }] : []),
  ];
}

function time<X extends Xlen>(xlen: X, { mode, timeMode }: StatusRegisters): Bits<X> {
  when(mode.read().lessUnsigned(timeMode.read()), () => effect("controlRegister"));
  return intrinsic("time", 64).truncate(xlen);
}

function plain<X extends Xlen>(
  xlen: X,
  number: number,
  name: string,
  mask = -1,
): ControlRegister<X> {
  const register = singleRegister(name, xlen);
  return {
    number,
    name,
    read: () => register.read(),
    write: (value) => register.write(mask === -1 ? value : value.and(bits(xlen, mask))),
  };
}

function supervisorStatusRegister<X extends Xlen>(
  xlen: X,
  { status, floatState, attention }: StatusRegisters,
): Pick<ControlRegister<X>, "read" | "write"> {
  const widths = xlen === 64 ? 2n << 32n : 0n;
  const supervisor = bits(32, supervisorStatus);
  return {
    read(): Bits<X> {
      const float = floatState.read();
      const low = status.read().and(supervisor);
      const withFloat = low.or(float.zeroExtend(32).shiftLeft(floatStateShift));
      const dirty = float
        .equal(3)
        .zeroExtend(xlen)
        .shiftLeft(xlen - 1);
      return withFloat.zeroExtend(xlen).or(dirty).or(bits(xlen, widths));
    },
    write(value: Bits<X>): void {
      const old = status.read();
      const written = value.truncate(32);
      const translation = old
        .xor(written)
        .and(bits(32, Status.sum | Status.mxr))
        .notEqual(0);
      // What changes translation or lets an interrupt come is the hart's.
      when(translation.or(written.bit(1).and(attention.read())), () => effect("controlRegister"));
      status.write(old.and(supervisor.not()).or(written.and(supervisor)));
      floatState.write(written.extract(floatStateShift, 2));
    },
  };
}
