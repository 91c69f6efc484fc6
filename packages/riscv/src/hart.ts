/**
 * What the rows of the extensions are written against: the registers, memory and instruction
 * alignment of one hart, with XLEN as a parameter.
 *
 * @see RISC-V Unprivileged 20240411, 1.2 and 2.1
 */
import {
  type Bits,
  Memory,
  type MemoryOptions,
  RegisterFile,
  type SingleRegister,
  singleRegister,
  trap,
  when,
} from "@isovm/isa-spec";
import { floatRegisterNames, integerRegisterNames } from "./register-names.ts";

/** Widths of an integer register in bits. */
export type Xlen = 32 | 64;

/** Widths of a floating-point register in bits. */
export type Flen = 32 | 64;

/** Exception code of a jump to an address that is no multiple of IALIGN. */
export const instructionAddressMisaligned = 0;

/** What an execution environment may add to every floating-point instruction. */
export interface FloatHooks {
  /** Recorded first: a privileged environment refuses here when `mstatus.FS` is off. */
  readonly check?: () => void;
  /** Recorded with every write of floating-point state: `mstatus.FS` becomes dirty. */
  readonly dirty?: () => void;
}

/** The parameters of a {@link Hart}. */
export interface HartOptions<X extends Xlen> {
  readonly xlen: X;
  /** Width of the floating-point registers: 64 with D, else 32. */
  readonly flen?: Flen;
  /** Whether instructions are aligned to 2 bytes (with C) rather than 4. */
  readonly compressed?: boolean;
  readonly floatHooks?: FloatHooks;
}

/** The registers and memory of one hart, as rows name them. */
export interface Hart<X extends Xlen> {
  readonly xlen: X;
  /** Bits of a shift amount: log2 of XLEN. */
  readonly shiftWidth: 5 | 6;
  readonly x: RegisterFile<X>;
  readonly f: RegisterFile<Flen>;
  /** Accrued exceptions: invalid, divide by zero, overflow, underflow, inexact. */
  readonly fflags: SingleRegister<5>;
  /** Dynamic rounding mode. */
  readonly frm: SingleRegister<3>;
  readonly memory: Memory<X>;
  readonly floatHooks: FloatHooks;
  /** Records the trap that a jump to `target` causes where IALIGN is 32; nothing with C. */
  readonly checkTarget: (target: Bits<X>) => void;
}

/** The registers and memory that rows with the given parameters are written against. */
export function defineHart<X extends Xlen>(options: HartOptions<X>): Hart<X> {
  const { xlen, flen = 64, compressed = true } = options;
  const memoryOptions: MemoryOptions<X> = {
    addressWidth: xlen,
    endian: "little",
    alignment: "any",
  };
  return {
    xlen,
    shiftWidth: xlen === 64 ? 6 : 5,
    x: new RegisterFile({
      name: "x",
      count: 32,
      width: xlen,
      zero: 0,
      names: integerRegisterNames,
      otherNames: { fp: 8 },
    }),
    f: new RegisterFile<Flen>({
      name: "f",
      count: 32,
      width: flen,
      names: floatRegisterNames,
    }),
    fflags: singleRegister("fflags", 5),
    frm: singleRegister("frm", 3),
    memory: new Memory(memoryOptions),
    floatHooks: options.floatHooks ?? {},
    checkTarget(target) {
      if (compressed) return;
      when(target.bit(1), () => trap(instructionAddressMisaligned, target.zeroExtend(64)));
    },
  };
}
