/**
 * Zicsr: control and status register instructions.
 *
 * @see RISC-V Unprivileged 20240411, 7
 */
import {
  type Bits,
  bits,
  type DestinationRegister,
  type Extension,
  type Instruction,
  illegal,
  instruction,
  named,
  unsigned,
  variable,
  when,
} from "@isovm/isa-spec";
import type { ControlRegister, ControlRegisters } from "./control-registers.ts";
import { controlRegisterNames } from "./csr-names.ts";
import { controlRegisterPseudoInstructions } from "./csr-pseudo.ts";
import type { Hart, Xlen } from "./hart.ts";

/** Zicsr: control and status register instructions. */
export function controlRegisterInstructions<X extends Xlen>(
  hart: Hart<X>,
  registers: ControlRegisters<X>,
): Extension {
  const { x, xlen } = hart;
  const csrOperand = named(12, controlRegisterNames(xlen), { numbers: true });

  const fromRegister = (mnemonic: string, funct3: string, change: Change): Instruction =>
    instruction(mnemonic, `csr:12 rs1:5 ${funct3} rd:5 1110011`, {
      operands: { rd: x.destination(), csr: csrOperand, rs1: x.source() },
      syntax: "rd, csr, rs1",
      semantics: ({ rd, csr, rs1 }) =>
        access(registers, change, { csr, rd, value: rs1.read(), isZero: rs1.index.equal(0) }),
      manual: "RISC-V Unprivileged 20240411, 7.1",
    });

  const fromImmediate = (mnemonic: string, funct3: string, change: Change): Instruction =>
    instruction(mnemonic, `csr:12 uimm:5 ${funct3} rd:5 1110011`, {
      operands: { rd: x.destination(), csr: csrOperand, uimm: unsigned(5, xlen) },
      syntax: "rd, csr, uimm",
      semantics: ({ rd, csr, uimm }) =>
        access(registers, change, { csr, rd, value: uimm, isZero: uimm.equal(0) }),
      manual: "RISC-V Unprivileged 20240411, 7.1",
    });

  return {
    name: "Zicsr",
    title: "Control and status register instructions",
    instructions: [
      fromRegister("csrrw", "001", "replace"),
      fromRegister("csrrs", "010", "set"),
      fromRegister("csrrc", "011", "clear"),
      fromImmediate("csrrwi", "101", "replace"),
      fromImmediate("csrrsi", "110", "set"),
      fromImmediate("csrrci", "111", "clear"),
    ],
    pseudoInstructions: controlRegisterPseudoInstructions(registers.table),
  };
}

/** What an instruction does to a register. */
type Change = "replace" | "set" | "clear";

interface Operation<X extends Xlen> {
  readonly csr: Bits<12>;
  readonly rd: DestinationRegister<X>;
  readonly value: Bits<X>;
  /** Whether the source is x0 or the immediate 0, so that setting and clearing don't write. */
  readonly isZero: Bits<1>;
}

/** Records the access as a choice among the table's registers by the number in `csr`. */
function access<X extends Xlen>(
  { table, check, others }: ControlRegisters<X>,
  change: Change,
  operation: Operation<X>,
): void {
  const { csr, isZero } = operation;
  check?.(csr, change === "replace" ? bits(1, 1) : isZero.not());
  const choose = (index: number): void => {
    const register = table[index];
    if (register) {
      when(
        csr.equal(register.number),
        () => accessOne(register, change, operation),
        () => choose(index + 1),
      );
    } else if (others && "access" in others) {
      others.access();
    } else if (others) {
      const write = (value: Bits<X>): void => others.write(csr, value);
      accessOne({ read: () => others.read(csr), write }, change, operation);
    } else {
      illegal();
    }
  };
  choose(0);
}

function accessOne<X extends Xlen>(
  { read, write }: Pick<ControlRegister<X>, "read" | "write">,
  change: Change,
  { rd, value, isZero }: Operation<X>,
): void {
  if (change === "replace") {
    if (!write) {
      illegal();
      return;
    }
    // Nothing is read into x0, so that reading has no effects then.
    const old = variable(bits(rd.width, 0));
    when(rd.index.notEqual(0), () => old.set(read()));
    write(value);
    rd.write(old.get());
    return;
  }
  if (!write) when(isZero.not(), () => illegal());
  const old = read();
  if (write) {
    when(isZero.not(), () => write(change === "set" ? old.or(value) : old.and(value.not())));
  }
  rd.write(old);
}
