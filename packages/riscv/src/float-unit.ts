/**
 * What all floating-point rows share: the rounding mode, the accrued exceptions, and the hooks of
 * the execution environment.
 *
 * @see RISC-V Unprivileged 20240411, 20.2
 */
import {
  type Bits,
  type Bound,
  type DestinationRegister,
  type FieldNames,
  type FloatEnvironment,
  FloatingPoint,
  type FloatWidth,
  type Instruction,
  illegal,
  instruction,
  named,
  type Operand,
  type Row,
  when,
} from "@isovm/isa-spec";
import { floatPolicy } from "./float-policy.ts";
import type { Flen, Hart, Xlen } from "./hart.ts";
import { writeBoxed } from "./nan-boxing.ts";

/** RISC-V's floating-point arithmetic. */
export const arithmetic: FloatingPoint = new FloatingPoint(floatPolicy);

/**
 * The rounding mode operand. Modes 5 and 6 are reserved; text leaves out the dynamic one. Exact
 * conversions have the operand too, and leave out `rne` as GNU `as` does.
 */
export function roundingMode(omitted: "dyn" | "rne" = "dyn"): Operand<Bits<3>> {
  const names = { 0: "rne", 1: "rtz", 2: "rdn", 3: "rup", 4: "rmm", 7: "dyn" };
  return named(3, names)
    .except(5, 6)
    .omittedMeans(omitted === "dyn" ? 7 : 0);
}

/** How floating-point rows reach the state of a hart beside the registers that they name. */
export interface FloatUnit {
  /** A row that the execution environment may refuse as a whole. */
  readonly row: <
    const P extends string,
    O extends { readonly [Name in FieldNames<P>]: Operand<unknown> },
  >(
    mnemonic: string,
    pattern: P,
    row: Row<O>,
  ) => Instruction;
  /** The environment of an operation in mode `rm`; illegal if that is dynamic and reserved. */
  readonly environment: (rm: Bits<3>) => FloatEnvironment;
  /** The flags accrued so far. */
  readonly accrued: () => Bits<5>;
  /** Accrues the flags of a result. */
  readonly raise: (flags: Bits<5>) => void;
  /** Writes a value, boxed where the register is wider. */
  readonly write: (rd: DestinationRegister<Flen>, value: Bits<FloatWidth>) => void;
}

/** The floating-point unit of a hart. */
export function floatUnit<X extends Xlen>(hart: Hart<X>): FloatUnit {
  const { fflags, frm, floatHooks } = hart;
  return {
    row: (mnemonic, pattern, row) =>
      instruction(mnemonic, pattern, {
        ...row,
        semantics: (operands: Bound<typeof row.operands>) => {
          floatHooks.check?.();
          row.semantics(operands);
        },
      }),
    environment(rm) {
      const mode = rm.equal(7).select(frm.read(), rm);
      when(mode.greaterEqualUnsigned(5), () => illegal());
      return { mode, accrued: fflags.read() };
    },
    accrued: () => fflags.read(),
    raise(flags) {
      fflags.write(flags);
      floatHooks.dirty?.();
    },
    write(rd, value) {
      writeBoxed(rd, value);
      floatHooks.dirty?.();
    },
  };
}
