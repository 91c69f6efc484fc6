/** Many guest threads on one engine: whoever runs has its registers in the engine's state. */
import type { AddressSpace, GuestCpu } from "@isovm/abi";
import { type Engine, IsovmError } from "@isovm/isa-spec";
import type { CurrentSpaceMemory } from "./memory/guest-memory.ts";
import { ProcessAddressSpace } from "./memory/process-address-space.ts";

/** An address space that this machine's memory didn't make. */
export class ForeignAddressSpaceError extends IsovmError {}

/** Makes the processor states of a machine's threads and puts one of them into the engine. */
export class ThreadCpus {
  readonly #engine: Engine;
  readonly #memory: CurrentSpaceMemory;
  readonly #initial: Uint8Array;
  #current: ThreadCpu | undefined;

  constructor(engine: Engine, memory: CurrentSpaceMemory) {
    this.#engine = engine;
    this.#memory = memory;
    this.#initial = engine.state.save();
  }

  /** The thread whose registers the engine holds. */
  get current(): GuestCpu | undefined {
    return this.#current;
  }

  /** A thread with zeroed registers. */
  create(space: AddressSpace): GuestCpu {
    return new ThreadCpu(this, this.#engine, this.#initial.slice(), own(space));
  }

  /** Loads a thread into the engine. */
  enter(cpu: GuestCpu): void {
    if (!(cpu instanceof ThreadCpu))
      throw new ForeignAddressSpaceError("not a thread of this machine");
    if (cpu !== this.#current) {
      if (this.#current) this.#current.saved = this.#engine.state.save();
      this.#engine.state.load(cpu.saved);
      // Another thread may have stored in between.
      this.#engine.state.reservation = undefined;
      this.#current = cpu;
    }
    this.#memory.switchTo(cpu.space);
  }

  /** The memory of a thread. */
  spaceOf(cpu: GuestCpu): ProcessAddressSpace {
    if (cpu instanceof ThreadCpu) return cpu.space;
    throw new ForeignAddressSpaceError("not a thread of this machine");
  }

  /** Follows a change of the current thread's address space. */
  spaceChanged(cpu: ThreadCpu): void {
    if (cpu === this.#current) this.#memory.switchTo(cpu.space);
  }

  /** Forgets a thread that has ended. */
  dispose(cpu: ThreadCpu): void {
    if (cpu !== this.#current) return;
    this.#current = undefined;
    this.#memory.switchTo(undefined);
  }
}

function own(space: AddressSpace): ProcessAddressSpace {
  if (space instanceof ProcessAddressSpace) return space;
  throw new ForeignAddressSpaceError("the address space was not made by this machine's memory");
}

class ThreadCpu implements GuestCpu {
  saved: Uint8Array;
  space: ProcessAddressSpace;
  readonly #cpus: ThreadCpus;
  readonly #engine: Engine;

  constructor(cpus: ThreadCpus, engine: Engine, saved: Uint8Array, space: ProcessAddressSpace) {
    this.#cpus = cpus;
    this.#engine = engine;
    this.saved = saved;
    this.space = space;
  }

  get pc(): bigint {
    return this.#state(() => this.#engine.state.pc);
  }
  set pc(value: bigint) {
    this.#state(() => {
      this.#engine.state.pc = value;
    });
  }
  readRegister(file: string, index: number): bigint {
    return this.#state(() => this.#engine.state.read(file, index));
  }
  writeRegister(file: string, index: number, value: bigint): void {
    this.#state(() => this.#engine.state.write(file, index, value));
  }
  save(): Uint8Array {
    return this.#cpus.current === this ? this.#engine.state.save() : this.saved.slice();
  }
  load(state: unknown): void {
    if (!(state instanceof Uint8Array) || state.length !== this.saved.length) {
      throw new ForeignAddressSpaceError("not the saved state of a thread of this machine");
    }
    if (this.#cpus.current === this) this.#engine.state.load(state);
    else this.saved = state.slice();
  }
  reset(): void {
    this.load(new Uint8Array(this.saved.length));
  }
  setAddressSpace(space: AddressSpace): void {
    this.space = own(space);
    this.#cpus.spaceChanged(this);
  }
  flushInstructions(): void {
    // Engines see every store to code, so nothing that they hold is stale.
  }
  dropReservation(): void {
    this.#state(() => {
      this.#engine.state.reservation = undefined;
    });
  }
  dispose(): void {
    this.#cpus.dispose(this);
  }

  /** Accesses the state where it is: in the engine, or saved, which then visits the engine. */
  #state<T>(access: () => T): T {
    if (this.#cpus.current === this) return access();
    const { state } = this.#engine;
    const visitor = state.save();
    state.load(this.saved);
    try {
      return access();
    } finally {
      this.saved = state.save();
      state.load(visitor);
    }
  }
}
