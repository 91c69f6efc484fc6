/** A machine without an operating system: an engine, one address space and a program in it. */
import type { AddressSpace } from "@isovm/abi";
import type {
  ArchitecturalState,
  Engine,
  EngineClock,
  EngineFactory,
  Exit,
  Intrinsic,
  Isa,
} from "@isovm/isa-spec";
import { GuestMemory } from "./memory/guest-memory.ts";

/** The parts of a bare VM. */
export interface BareVmOptions {
  readonly isa: Isa;
  readonly engine: EngineFactory;
  /** Bytes and their address, as an assembler gives them; execution begins at the first one. */
  readonly program: { readonly base: bigint; readonly bytes: Uint8Array };
  /** Zeroed memory beside the program's: first address and length in bytes. */
  readonly memory?: readonly { readonly start: number; readonly length: number }[];
  readonly clock?: EngineClock;
  /** Functions behind the `intrinsic` statements of rows. */
  readonly intrinsics?: Readonly<Record<string, Intrinsic>>;
}

/** An engine with a program in memory. All that the program asks of its world ends a run. */
export interface BareVm {
  readonly engine: Engine;
  readonly state: ArchitecturalState;
  readonly memory: AddressSpace;
  /** Executes at most `budget` instructions and says why it stopped. */
  run(budget: number): Exit;
}

const pageBytes = 4096;
const everything = 7;

/**
 * Composes a VM that has no loader and no system calls: for tests of an ISA, courses, fuzzers.
 *
 * Memory can be read, written and executed; registers are zero but for the program counter.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assemble } from "@isovm/decoder";
 * import { reference } from "@isovm/interpreter";
 * import { bareVm } from "@isovm/machine";
 * import { rv64 } from "@isovm/riscv";
 *
 * const isa = rv64();
 * const program = assemble(isa, "addi a0, a0, 2\nslli a0, a0, 4\necall", { origin: 0x1000n });
 * const vm = bareVm({ isa, engine: reference, program });
 * assert.deepEqual(vm.run(100), { kind: "effect", name: "systemCall" });
 * assert.equal(vm.state.read("x", 10), 32n);
 * ```
 */
export function bareVm(options: BareVmOptions): BareVm {
  const { isa, program, clock, intrinsics } = options;
  const memory = new GuestMemory();
  const space = memory.create(isa.addressWidth === 32 ? 2 ** 32 : 2 ** 47);
  const map = (start: number, length: number): void => {
    const first = Math.floor(start / pageBytes) * pageBytes;
    const end = Math.ceil((start + length) / pageBytes) * pageBytes;
    if (end > first) space.map({ start: first, length: end - first, protection: everything });
  };
  for (const { start, length } of options.memory ?? []) map(start, length);
  map(Number(program.base), program.bytes.length);
  space.write(Number(program.base), program.bytes);
  memory.engine.switchTo(space);
  const engine = options.engine({
    isa,
    memory: memory.engine,
    ...(clock && { clock }),
    ...(intrinsics && { intrinsics }),
  });
  engine.state.pc = program.base;
  return { engine, state: engine.state, memory: space, run: (budget) => engine.run(budget) };
}
