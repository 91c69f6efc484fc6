/** A process VM for a debugger: the threads of one process. */
import { type GuestCpu, GuestFault } from "@isovm/abi";
import { UnsupportedError } from "@isovm/isa-spec";
import type { AbiRuntime } from "../abi.ts";
import type { ProcessVm } from "../process-vm.ts";
import type { DebugTarget } from "./debug-target.ts";
import { type Registers, readPlace, writePlace } from "./register-places.ts";

/** A thread of the process that is debugged. */
export interface DebuggedThread {
  /** A positive number. */
  readonly id: number;
  readonly name: string;
  readonly cpu: GuestCpu;
}

/** What the ABI knows of a process. */
export interface DebuggedProcess {
  /** Its live threads. */
  threads(): Iterable<DebuggedThread>;
  /** What the kernel told it at its start, as it lay on its stack. */
  auxiliaryVector(): Uint8Array | undefined;
}

/**
 * A process of a process VM for a debugger.
 *
 * @throws UnsupportedError if the ISA doesn't describe its registers.
 */
export function processDebugTarget<Runtime extends AbiRuntime>(
  vm: ProcessVm<Runtime>,
  process: DebuggedProcess,
): DebugTarget {
  const { isa } = vm;
  const description = isa.debugger;
  if (!description) {
    throw new UnsupportedError(`${isa.name} has no description for debuggers`, {
      feature: "debugger",
    });
  }
  const threads = (): readonly DebuggedThread[] =>
    [...process.threads()].sort((one, other) => one.id - other.id);
  const find = (id: number): DebuggedThread | undefined =>
    threads().find((thread) => thread.id === id);
  return {
    architecture: description.architecture,
    features: description.features,
    generalRegisters: Number.POSITIVE_INFINITY,
    endsWithDebugger: true,
    breakpoints: vm.engine.breakpoints,
    auxiliaryVector: () => process.auxiliaryVector(),
    threads: () => threads().map(({ id, name }) => ({ id, name })),
    currentThread() {
      const all = threads();
      const current = all.find(({ cpu }) => cpu === vm.currentThread?.cpu);
      return (current ?? all[0])?.id ?? 1;
    },
    readRegister(id, { place }) {
      const thread = find(id);
      return thread && place.kind !== "hart" ? readPlace(registersOf(thread.cpu), place) : 0n;
    },
    writeRegister(id, { place }, value) {
      const thread = find(id);
      if (thread && place.kind !== "hart") writePlace(registersOf(thread.cpu), place, value);
    },
    readMemory(id, address, length) {
      const thread = find(id);
      const start = Number(address);
      if (!thread || !Number.isSafeInteger(start + length)) return new Uint8Array();
      const space = vm.memoryOf(thread);
      const bytes = (): Uint8Array => space.read(start, space.accessible(start, length, "read"));
      return whereThereIs(bytes) ?? new Uint8Array();
    },
    writeMemory(id, address, bytes) {
      const thread = find(id);
      const start = Number(address);
      if (!thread || !Number.isSafeInteger(start + bytes.length)) return false;
      const space = vm.memoryOf(thread);
      if (space.accessible(start, bytes.length, "read") < bytes.length) return false;
      const write = (): boolean => {
        // Code is mapped without the right to write it.
        space.poke(start, bytes);
        return true;
      };
      return whereThereIs(write) ?? false;
    },
  };
}

/** What an access gives; undefined if the memory turns out not to be there. */
function whereThereIs<Result>(access: () => Result): Result | undefined {
  try {
    return access();
  } catch (error) {
    if (error instanceof GuestFault) return undefined;
    throw error;
  }
}

function registersOf(cpu: GuestCpu): Registers {
  return {
    get pc(): bigint {
      return cpu.pc;
    },
    set pc(value: bigint) {
      cpu.pc = value;
    },
    read: (file, register) => cpu.readRegister(file, register),
    write: (file, register, value) => cpu.writeRegister(file, register, value),
  };
}
