/** One hart of a system VM: its registers while others run, and what its privileged half asks for. */
import {
  type AccessKind,
  type ArchitecturalState,
  type HartHost,
  IsovmError,
  type PhysicalMemory,
  type PrivilegedArchitecture,
  type PrivilegedHart,
} from "@isovm/isa-spec";
import type { RealTimeCounter } from "./real-time-counter.ts";
import type { SystemClock } from "./system-clock.ts";
import type { SystemMemory } from "./system-memory.ts";

/** What a hart does. */
export type HartActivity = "running" | "idle" | "stopped";

const activities: ReadonlySet<HartActivity> = new Set(["running", "idle", "stopped"]);

/** What harts share. */
export interface HartSurroundings {
  readonly architecture: PrivilegedArchitecture;
  readonly state: ArchitecturalState;
  readonly memory: SystemMemory;
  readonly clock: SystemClock;
  readonly counter: RealTimeCounter;
  /** Instructions executed by all harts, exactly also in the midst of one. */
  readonly executed: () => bigint;
  /** Ends the current run. */
  readonly interrupt: () => void;
}

/** A hart. */
export class SystemHart implements HartHost {
  readonly index: number;
  readonly state: ArchitecturalState;
  readonly physical: PhysicalMemory;
  readonly privileged: PrivilegedHart;
  activity: HartActivity = "running";
  readonly translate: (address: bigint, access: AccessKind) => number;
  readonly #surroundings: HartSurroundings;
  /** The registers while another hart executes. */
  #saved: Uint8Array;
  /** Instructions that this hart had executed, and that all had, when it was entered. */
  #executed = 0n;
  #enteredAt: bigint | undefined;

  constructor(index: number, surroundings: HartSurroundings) {
    this.index = index;
    this.#surroundings = surroundings;
    this.state = surroundings.state;
    this.physical = surroundings.memory;
    this.#saved = surroundings.state.save();
    this.privileged = surroundings.architecture.createHart(this);
    this.translate = (address, access) => this.privileged.translate(address, access);
  }

  time(): bigint {
    return this.#surroundings.counter.ticks;
  }

  retired(): bigint {
    if (this.#enteredAt === undefined) return this.#executed;
    return this.#executed + this.#surroundings.executed() - this.#enteredAt;
  }

  alarm(name: string, tick: bigint | undefined, fire?: () => void): void {
    const { clock, counter } = this.#surroundings;
    const at = tick === undefined ? undefined : counter.nanosAt(tick);
    clock.alarm(`hart ${this.index} ${name}`, at, fire);
  }

  flush(page?: bigint, matches?: (context: string) => boolean): void {
    this.#surroundings.memory.flush(page, matches);
  }

  interrupt(): void {
    this.#surroundings.interrupt();
  }

  /** Puts its registers into the engine. */
  enter(): void {
    if (this.#enteredAt !== undefined) return;
    const { state, executed } = this.#surroundings;
    state.load(this.#saved);
    this.#enteredAt = executed();
  }

  /** Takes its registers out of the engine. */
  leave(): void {
    if (this.#enteredAt === undefined) return;
    this.#executed = this.retired();
    this.#saved = this.#surroundings.state.save();
    this.#enteredAt = undefined;
  }

  /** Has memory translate as this hart does now. */
  select(): void {
    this.#surroundings.memory.select(this.privileged.context, this.translate);
  }

  /** Its registers and what else it holds; to be called after {@link leave}. */
  save(): SavedHart {
    const { activity } = this;
    const registers = [...this.#saved];
    return {
      activity,
      registers,
      executed: `${this.#executed}`,
      privileged: this.privileged.save(),
    };
  }

  /** Takes back what {@link save} returned. */
  restore({ activity, registers, executed, privileged }: SavedHart): void {
    const bytes = Uint8Array.from(registers);
    if (bytes.length !== this.#saved.length || !activities.has(activity)) {
      throw new IsovmError("not the saved state of such a hart", { hart: this.index });
    }
    this.activity = activity;
    this.#saved = bytes;
    this.#executed = BigInt(executed);
    this.privileged.restore(privileged);
  }
}

/** A hart as plain data. */
export interface SavedHart {
  readonly activity: HartActivity;
  readonly registers: readonly number[];
  readonly executed: string;
  readonly privileged: unknown;
}
