/**
 * Control and status registers as data: number, name, and what reading and writing them does.
 *
 * @see RISC-V Unprivileged 20240411, 7 (Zicsr), 8 (Zicntr) and 20.2 (fcsr)
 */
import { type Bits, concat, intrinsic, retired } from "@isovm/isa-spec";
import type { Hart, Xlen } from "./hart.ts";

/** A control and status register. */
export interface ControlRegister<X extends Xlen> {
  /** Its 12-bit address. */
  readonly number: number;
  readonly name: string;
  /** Records reading it. */
  readonly read: () => Bits<X>;
  /** Records writing it, legalised field by field; absent for a read-only register. */
  readonly write?: (value: Bits<X>) => void;
}

/** Registers that no table lists: a privileged environment answers for them by host functions. */
export interface OtherControlRegisters<X extends Xlen> {
  /** Records reading the register of that number. */
  readonly read: (number: Bits<12>) => Bits<X>;
  /** Records writing it. */
  readonly write: (number: Bits<12>, value: Bits<X>) => void;
}

/** The same, but the whole instruction is the host's: it stops the engine by an effect. */
export interface DeferredControlRegisters {
  /** Records what ends the instruction. */
  readonly access: () => void;
}

/** All control and status registers of a hart. */
export interface ControlRegisters<X extends Xlen> {
  readonly table: readonly ControlRegister<X>[];
  /**
   * Recorded before an access does anything; it ends the instruction by `illegal()` where the
   * privilege mode doesn't admit the access.
   */
  readonly check?: (number: Bits<12>, writes: Bits<1>) => void;
  /** What other numbers mean; without it they are illegal. */
  readonly others?: OtherControlRegisters<X> | DeferredControlRegisters;
}

/** The floating-point control and status register and its two parts. */
export function floatControlRegisters<X extends Xlen>(
  hart: Hart<X>,
): readonly ControlRegister<X>[] {
  const { xlen, fflags, frm, floatHooks } = hart;
  const access = (
    number: number,
    name: string,
    read: () => Bits,
    write: (value: Bits<X>) => void,
  ): ControlRegister<X> => ({
    number,
    name,
    read: () => {
      floatHooks.check?.();
      return read().zeroExtend(xlen);
    },
    write: (value) => {
      floatHooks.check?.();
      write(value);
      floatHooks.dirty?.();
    },
  });
  return [
    access(
      0x001,
      "fflags",
      () => fflags.read(),
      (value) => fflags.write(value.truncate(5)),
    ),
    access(
      0x002,
      "frm",
      () => frm.read(),
      (value) => frm.write(value.truncate(3)),
    ),
    access(
      0x003,
      "fcsr",
      () => concat(8, frm.read(), fflags.read()),
      (value) => {
        fflags.write(value.truncate(5));
        frm.write(value.extract(5, 3));
      },
    ),
  ];
}

/**
 * The unprivileged counters. Cycles are instructions retired, so that a run repeats exactly; time
 * is the host's intrinsic `time`.
 */
export function counters<X extends Xlen>(hart: Hart<X>): readonly ControlRegister<X>[] {
  const { xlen } = hart;
  const counter = (
    number: number,
    name: string,
    value: () => Bits<64>,
  ): readonly ControlRegister<X>[] => {
    const low = { number, name, read: () => value().truncate(xlen) };
    if (xlen === 64) return [low];
    const high = { number: number + 0x80, name: `${name}h`, read: () => value().extract(32, xlen) };
    return [low, high];
  };
  return [
    ...counter(0xc00, "cycle", retired),
    ...counter(0xc01, "time", () => intrinsic("time", 64)),
    ...counter(0xc02, "instret", retired),
  ];
}
