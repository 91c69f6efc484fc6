/** The system VM: an ISA with its privileged part, an engine and a board, composed to boot an OS. */
import { type ByteSource, byteSource } from "@isovm/abi";
import { type Board, type BuiltBoard, buildBoard, type PowerEvent } from "@isovm/devices";
import {
  type ArchitecturalState,
  type Engine,
  IsovmError,
  type PrivilegedArchitecture,
  type PrivilegedHart,
} from "@isovm/isa-spec";
import { BreakpointArrivals } from "../debug/breakpoint-arrivals.ts";
import { RealTimeCounter } from "./real-time-counter.ts";
import { decodeSnapshot, encodeSnapshot, SnapshotError, type SnapshotHeader } from "./snapshot.ts";
import { SystemClock } from "./system-clock.ts";
import { SystemHart } from "./system-hart.ts";
import { SystemMemory } from "./system-memory.ts";
import type { RegisterValue, SystemRunResult, SystemVmOptions } from "./system-vm-options.ts";

/** A number of harts that isn't possible. */
export class HartCountError extends IsovmError<{ readonly harts: number }> {}

const defaultMemoryBytes = 2 ** 28;
const mostHarts = 64;
/** Instructions executed at a time at most. */
const largestSlice = 2 ** 30;

/** A board with its harts, RAM and devices. */
export class SystemVm {
  readonly engine: Engine;
  /** RAM by physical address. */
  readonly memory: SystemMemory;
  readonly board: Board;
  /** The devices, built. */
  readonly devices: BuiltBoard;
  readonly architecture: PrivilegedArchitecture;
  /** Called when something has come up that a hart may have waited for; for who lets the VM sleep. */
  onInterrupt: (() => void) | undefined;
  readonly #harts: readonly SystemHart[];
  readonly #clock: SystemClock;
  readonly #counter: RealTimeCounter;
  readonly #turn: number;
  #current: SystemHart;
  /** What is left of the current hart's turn. */
  #left = 0;
  /** Instructions executed before the current run, those that trapped included. */
  #executed = 0n;
  /** Instructions that the engine had retired when the current run began; undefined if none is on. */
  #runningSince: bigint | undefined;
  #ended: PowerEvent | undefined;
  #isPaused = false;
  readonly #arrivals: BreakpointArrivals<SystemHart>;

  /**
   * @throws MemorySizeError if there can't be so much RAM
   * @throws HartCountError if there can't be so many harts
   */
  constructor(options: SystemVmOptions) {
    const { architecture, board, harts = 1, timebaseHz = 10_000_000 } = options;
    if (!Number.isInteger(harts) || harts < 1 || harts > mostHarts) {
      throw new HartCountError(`${harts} harts: there can be 1 to ${mostHarts}`, { harts });
    }
    this.architecture = architecture;
    this.board = board;
    this.#turn = options.turnInstructions ?? 100_000;
    const clock = new SystemClock(
      () => this.executed,
      () => this.#interrupt(),
    );
    this.#clock = clock;
    const counter = new RealTimeCounter(clock, BigInt(1e9 / timebaseHz), () => {
      for (const { privileged } of this.#harts) privileged.timeChanged();
    });
    this.#counter = counter;
    this.memory = new SystemMemory(board.ramBase, options.memoryBytes ?? defaultMemoryBytes, {
      read: (address, width) => this.devices.bus.read(address, width),
      write: (address, width, value) => this.devices.bus.write(address, width, value),
    });
    this.engine = options.engine({
      isa: architecture.isa,
      memory: this.memory,
      clock: { time: () => counter.ticks },
    });
    this.#arrivals = new BreakpointArrivals(this.engine, (hart) => hart.retired());
    this.#harts = Array.from(
      { length: harts },
      (_, index) =>
        new SystemHart(index, {
          architecture,
          state: this.engine.state,
          memory: this.memory,
          clock,
          counter,
          executed: () => this.executed,
          interrupt: () => this.#interrupt(),
        }),
    );
    this.devices = buildBoard(board, {
      clock,
      counter,
      memory: this.memory,
      memoryBytes: this.memory.sizeBytes,
      harts,
      hartInterrupt: (hart, wire) => ({
        set: (level) => this.#harts[hart]?.privileged.setInterrupt(wire, level),
      }),
      observe: options.observe ?? (() => undefined),
    });
    this.#current = this.#hart(0);
    this.#current.enter();
  }

  /** Instructions executed by all harts, those that trapped included. */
  get executed(): bigint {
    if (this.#runningSince === undefined) return this.#executed;
    return this.#executed + this.engine.retired - this.#runningSince;
  }

  /** Nanoseconds since power-on, as the guest's clocks have it. */
  get nanos(): bigint {
    return this.#clock.nanos;
  }

  /** Number of harts. */
  get harts(): number {
    return this.#harts.length;
  }

  /** The hart that executed last, or will next: where a run stopped. */
  get currentHart(): number {
    return this.#current.index;
  }

  /** Instructions that one hart has executed, those that trapped included. */
  executedBy(hart: number): bigint {
    return this.#hart(hart).retired();
  }

  /** What `look` finds out about a hart, whose registers are in the state meanwhile. */
  inspect<Found>(
    index: number,
    look: (state: ArchitecturalState, hart: PrivilegedHart) => Found,
  ): Found {
    const hart = this.#hart(index);
    return this.#visit(hart, () => look(this.engine.state, hart.privileged));
  }

  /** Puts a hart into its state after power-on, with the program counter and registers given. */
  startHart(index: number, pc: bigint, registers: readonly RegisterValue[] = []): void {
    const hart = this.#hart(index);
    this.#visit(hart, () => {
      hart.privileged.reset(pc);
      for (const { file, register, value } of registers) {
        this.engine.state.write(file, register, value);
      }
    });
    hart.activity = "running";
  }

  /** Ends the machine after the instruction that is executing: for a board's power switch. */
  end(event: PowerEvent): void {
    this.#ended = event;
    this.#interrupt();
  }

  /** Has the current run, or the next one, return `paused` where it could go on. */
  pause(): void {
    this.#isPaused = true;
    this.#interrupt();
  }

  /** Lets the guest's time pass while it is idle, but not beyond its next alarm. */
  skip(nanos: bigint): void {
    const { next } = this.#clock;
    const left = next === undefined ? nanos : next - this.#clock.nanos;
    this.#clock.skip(left < nanos ? left : nanos);
  }

  /** Runs at most `fuel` instructions and returns why it stopped, without ever waiting. */
  runFor(fuel: number): SystemRunResult {
    let left = fuel;
    for (;;) {
      if (this.#ended) {
        const ended = this.#ended;
        this.#ended = undefined;
        return ended;
      }
      if (this.#isPaused) {
        this.#isPaused = false;
        return { kind: "paused" };
      }
      this.#clock.fireDue();
      const hart = this.#schedule();
      if (!hart) return { kind: "idle", untilNanos: this.#clock.next };
      if (left < 1) return { kind: "fuel" };
      const before = this.#executed;
      const stopped = this.#run(hart, Math.min(left, this.#left, largestSlice));
      const executed = Number(this.#executed - before);
      left -= executed;
      this.#left -= executed;
      if (stopped) {
        // Who wanted a pause has it.
        this.#isPaused = false;
        return { kind: "breakpoint" };
      }
    }
  }

  /**
   * The whole machine as bytes, to be given to {@link restore} of a machine of the same parts. Runs
   * go on from there bit for bit.
   *
   * @param host what the host wants to have back, as plain data (JSON)
   */
  save(host?: unknown): Uint8Array<ArrayBuffer> {
    this.#current.leave();
    const header: SnapshotHeader = {
      machine: this.#machine,
      executed: `${this.#executed}`,
      nanos: `${this.#clock.nanos}`,
      counterOffset: `${this.#counter.offset}`,
      turn: { hart: this.#current.index, left: this.#left },
      harts: this.#harts.map((hart) => hart.save()),
      devices: this.devices.state(),
      ...(host !== undefined && { host }),
    };
    this.#current.enter();
    return encodeSnapshot(header, this.memory.ram);
  }

  /**
   * Takes back what {@link save} returned, and gives what the host had added. The pages of RAM in a
   * source, of a file for instance, are read when they are first touched, or by
   * {@link SystemMemory.loadAbsent}: it has to stay as it is until then. Bytes are read at once.
   *
   * @throws SnapshotError if it is not a snapshot of such a machine. If only what it says of a hart
   * or a device is damaged, the machine has to be started or restored again.
   */
  restore(snapshot: Uint8Array | ByteSource): unknown {
    if (snapshot instanceof Uint8Array) {
      const host = this.#restore(byteSource(snapshot));
      this.memory.loadAbsent();
      return host;
    }
    return this.#restore(snapshot);
  }

  #restore(source: ByteSource): unknown {
    const { header, pages } = decodeSnapshot(source);
    for (const [part, value] of Object.entries(this.#machine)) {
      const saved = header.machine[part as keyof SnapshotHeader["machine"]];
      if (saved === value) continue;
      const text = `the snapshot is of a machine with ${part} ${saved}, this one has ${value}`;
      throw new SnapshotError(text, { offset: 0 });
    }
    this.#current.leave();
    try {
      this.memory.replace(source, pages);
      this.#takeBack(header);
    } catch (cause) {
      throw new SnapshotError("the snapshot is damaged", { offset: 0 }, { cause });
    } finally {
      this.#ended = undefined;
      this.#current.enter();
    }
    return header.host;
  }

  #takeBack(header: SnapshotHeader): void {
    this.#executed = BigInt(header.executed);
    this.#clock.restore(BigInt(header.nanos));
    this.#counter.restore(BigInt(header.counterOffset ?? 0));
    this.#harts.forEach((hart, index) => {
      const saved = header.harts[index];
      if (!saved) return;
      this.#current = hart;
      hart.restore(saved);
    });
    this.devices.restore(header.devices);
    this.#current = this.#hart(header.turn.hart);
    this.#left = header.turn.left;
  }

  get #machine(): SnapshotHeader["machine"] {
    const { architecture, board, harts, memory } = this;
    const { name } = architecture.isa;
    return { isa: name, board: board.name, memoryBytes: memory.sizeBytes, harts };
  }

  /** Executes a slice of a hart; true if it stopped at a breakpoint. */
  #run(hart: SystemHart, most: number): boolean {
    const { engine } = this;
    const { next, nanos } = this.#clock;
    const budget = next === undefined ? most : Math.min(most, Math.max(1, Number(next - nanos)));
    hart.privileged.takeInterrupt();
    hart.select();
    if (this.#arrivals.isNew(hart)) return true;
    this.#runningSince = engine.retired;
    const exit = engine.run(budget);
    this.#executed += engine.retired - this.#runningSince;
    this.#runningSince = undefined;
    if (exit.kind === "breakpoint") return this.#arrivals.isNew(hart);
    if (exit.kind === "budget") return false;
    this.#executed += 1n;
    const { kind } = hart.privileged.handle(exit);
    if (kind !== "continue") hart.activity = kind;
    return false;
  }

  /** Ends the current run, or the host's waiting for the next one. */
  #interrupt(): void {
    this.engine.interrupt();
    this.onInterrupt?.();
  }

  /** The hart whose turn it is, with its registers in the engine; undefined if all wait. */
  #schedule(): SystemHart | undefined {
    const count = this.#harts.length;
    const first = this.#current.index + (this.#left > 0 ? 0 : 1);
    for (let step = 0; step < count; step += 1) {
      const hart = this.#hart((first + step) % count);
      if (hart.activity === "idle" && hart.privileged.isAwake) hart.activity = "running";
      if (hart.activity !== "running") continue;
      if (hart !== this.#current || this.#left <= 0) this.#left = this.#turn;
      this.#switchTo(hart);
      return hart;
    }
    return undefined;
  }

  #switchTo(hart: SystemHart): void {
    if (hart === this.#current) return;
    this.#current.leave();
    this.#current = hart;
    hart.enter();
    // Another hart may have stored in between.
    this.engine.state.reservation = undefined;
  }

  /** Does something with a hart's registers in the engine, which leaves those of others alone. */
  #visit<Result>(hart: SystemHart, action: () => Result): Result {
    const before = this.#current;
    if (hart === before) return action();
    before.leave();
    hart.enter();
    try {
      return action();
    } finally {
      hart.leave();
      before.enter();
    }
  }

  #hart(index: number): SystemHart {
    const hart = this.#harts[index];
    if (!hart) throw new HartCountError(`there is no hart ${index}`, { harts: this.harts });
    return hart;
  }
}

/**
 * Composes a system VM from its parts.
 *
 * @throws MemorySizeError if there can't be so much RAM.
 * @throws HartCountError if there can't be so many harts.
 * @throws BoardError if the board's parts don't fit together.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { virt } from "@isovm/devices";
 * import { reference } from "@isovm/interpreter";
 * import { systemVm } from "@isovm/machine";
 * import { riscvSystem } from "@isovm/riscv";
 *
 * const board = virt({ console: { transmit: () => undefined }, power: () => undefined });
 * const vm = systemVm({ architecture: riscvSystem(), engine: reference, board });
 * vm.memory.store32(0x8000_0000, 0x0000006f); // jal x0, 0
 * vm.startHart(0, 0x8000_0000n);
 * assert.deepEqual(vm.runFor(100), { kind: "fuel" });
 * assert.equal(vm.nanos, 100n);
 * ```
 */
export function systemVm(options: SystemVmOptions): SystemVm {
  return new SystemVm(options);
}
