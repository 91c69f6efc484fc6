/** The machines whose programs can be run: which ISA and which Linux an ELF header asks for. */
import type { LinuxBinding } from "@isovm/abi";
import type { Isa } from "@isovm/isa-spec";
import { isaFromString, linuxRiscv32, linuxRiscv64 } from "@isovm/riscv";

/** What runs programs of one kind. */
export interface Target {
  readonly binding: LinuxBinding;
  readonly isa: () => Isa;
}

/** All targets; adding an ISA adds its lines. */
export const targets: readonly Target[] = [
  { binding: linuxRiscv64, isa: () => isaFromString("rv64") },
  { binding: linuxRiscv32, isa: () => isaFromString("rv32") },
];

/** The target of an ELF header's machine, class and byte order. */
export function findTarget(
  machine: number,
  wordBits: number,
  littleEndian: boolean,
): Target | undefined {
  return targets.find(
    ({ binding: { elf } }) =>
      elf.machine === machine && elf.wordBits === wordBits && elf.littleEndian === littleEndian,
  );
}
