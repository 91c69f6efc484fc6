/** The ISAs that `--isa` names, and those that executables are for. */
import { type Isa, IsovmError } from "@isovm/isa-spec";
import { isaFromString } from "@isovm/riscv";
import type { ElfIdentity } from "./elf/file-kind.ts";
import { InputError, UsageError } from "./errors.ts";

/** A family of ISAs; adding an ISA's package adds its entry. */
interface IsaFamily {
  /** What names of the family look like. */
  readonly pattern: RegExp;
  readonly named: (name: string) => Isa;
  /** `e_machine`. */
  readonly elfMachine: number;
  /** `e_flags` of code for an ISA. */
  readonly elfFlags: (isa: Isa) => number;
  /** The name that an executable's class stands for. */
  readonly nameFor: (wordBits: 32 | 64) => string;
  /** An example for messages. */
  readonly example: string;
}

const families: readonly IsaFamily[] = [
  {
    pattern: /^(rv|riscv)/i,
    named: isaFromString,
    elfMachine: 243,
    // EF_RISCV_RVC and the floating-point calling convention, RISC-V ELF psABI 1.0, "File Header".
    elfFlags: ({ extensions }) => {
      const has = (name: string): boolean =>
        extensions.some((extension) => extension.name === name);
      return (has("Zca") ? 1 : 0) | (has("D") ? 4 : has("F") ? 2 : 0);
    },
    nameFor: (wordBits) => `rv${wordBits}`,
    example: "rv64gc",
  },
];

/** What `--isa` is if nothing is said. */
export const defaultIsa = "rv64";

/** An ISA and what an ELF file for it says. */
export interface ChosenIsa {
  readonly isa: Isa;
  readonly elfMachine: number;
  readonly elfFlags: number;
}

/**
 * The ISA of a name such as `rv64gc`.
 *
 * @throws UsageError
 */
export function isaNamed(name: string): ChosenIsa {
  const family = families.find(({ pattern }) => pattern.test(name));
  if (!family) {
    const examples = families.map(({ example }) => example).join(", ");
    throw new UsageError(`there is no ISA "${name}"; give one such as ${examples}`);
  }
  try {
    const isa = family.named(name);
    return { isa, elfMachine: family.elfMachine, elfFlags: family.elfFlags(isa) };
  } catch (error) {
    if (error instanceof IsovmError) throw new UsageError(`--isa ${name}: ${error.message}`);
    throw error;
  }
}

/**
 * The ISA that an ELF file's header asks for.
 *
 * @throws InputError if it is for another machine.
 */
export function isaOfElf(path: string, { machine, wordBits, description }: ElfIdentity): Isa {
  const family = families.find(({ elfMachine }) => elfMachine === machine);
  if (!family) throw new InputError(`${path}: is ${description}; that ISA is not here`);
  return family.named(family.nameFor(wordBits));
}
