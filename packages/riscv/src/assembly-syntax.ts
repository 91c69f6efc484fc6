/**
 * Conventions of RISC-V's assembly language as GNU `as` has them.
 *
 * @see RISC-V Assembly Programmer's Manual; RISC-V ELF psABI 1.0, 8.4 (relocations)
 */
import type { AssemblySyntax, Relocation } from "@isovm/isa-spec";

/** The upper 20 bits, rounded so that adding the sign-extended low 12 bits gives the address. */
const upper = (address: bigint): bigint => BigInt.asUintN(20, (address + 0x800n) >> 12n);
const lower = (address: bigint): bigint => BigInt.asIntN(12, address);

const relocations: Readonly<Record<string, Relocation>> = {
  "%hi": { relative: false, value: upper },
  "%lo": { relative: false, value: lower },
  "%pcrel_hi": { relative: true, value: upper },
  "%pcrel_lo": { relative: true, value: lower, ofLabel: "%pcrel_hi" },
};

/** Comments, relocations and directives of RISC-V's assembly language. */
export function assemblySyntax(compressed: boolean): AssemblySyntax {
  return {
    comment: ["#", "//"],
    relocations,
    dataDirectives: { ".half": 2, ".short": 2, ".word": 4, ".long": 4, ".dword": 8, ".quad": 8 },
    align: "power",
    ignoredDirectives: [".option", ".attribute"],
    padding: compressed ? ["addi x0, x0, 0", "c.addi x0, 0"] : ["addi x0, x0, 0"],
  };
}
