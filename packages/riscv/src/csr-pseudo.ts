/**
 * Pseudo-instructions of Zicsr, Zicntr and the floating-point control and status register.
 *
 * @see RISC-V Unprivileged 20240411, 7.1, 8 and 20.2; RISC-V Assembly Programmer's Manual
 */
import { type PseudoInstruction, pseudo } from "@isovm/isa-spec";
import type { ControlRegister } from "./control-registers.ts";
import type { Xlen } from "./hart.ts";

/** Shorthands for accesses to control and status registers, those of the table among them. */
export function controlRegisterPseudoInstructions<X extends Xlen>(
  table: readonly ControlRegister<X>[],
): readonly PseudoInstruction[] {
  const has = (name: string): boolean => table.some((register) => register.name === name);
  return [
    ...["cycle", "time", "instret", "cycleh", "timeh", "instreth"]
      .filter(has)
      .map((name) => pseudo(`rd${name} rd`, `csrrs rd, ${name}, x0`)),
    ...(has("fcsr") ? floatPseudoInstructions : []),
    pseudo("csrr rd, csr", "csrrs rd, csr, x0"),
    pseudo("csrw csr, rs", "csrrw x0, csr, rs"),
    pseudo("csrs csr, rs", "csrrs x0, csr, rs"),
    pseudo("csrc csr, rs", "csrrc x0, csr, rs"),
    pseudo("csrwi csr, imm", "csrrwi x0, csr, imm"),
    pseudo("csrsi csr, imm", "csrrsi x0, csr, imm"),
    pseudo("csrci csr, imm", "csrrci x0, csr, imm"),
  ];
}

const floatPseudoInstructions: readonly PseudoInstruction[] = [
  pseudo("frcsr rd", "csrrs rd, fcsr, x0"),
  pseudo("fscsr rs", "csrrw x0, fcsr, rs"),
  pseudo("fscsr rd, rs", "csrrw rd, fcsr, rs"),
  pseudo("frrm rd", "csrrs rd, frm, x0"),
  pseudo("fsrm rs", "csrrw x0, frm, rs"),
  pseudo("fsrm rd, rs", "csrrw rd, frm, rs"),
  pseudo("fsrmi imm", "csrrwi x0, frm, imm"),
  pseudo("fsrmi rd, imm", "csrrwi rd, frm, imm"),
  pseudo("frflags rd", "csrrs rd, fflags, x0"),
  pseudo("fsflags rs", "csrrw x0, fflags, rs"),
  pseudo("fsflags rd, rs", "csrrw rd, fflags, rs"),
  pseudo("fsflagsi imm", "csrrwi x0, fflags, imm"),
  pseudo("fsflagsi rd, imm", "csrrwi rd, fflags, imm"),
];
