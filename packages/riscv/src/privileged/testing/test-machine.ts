/** A machine for tests: one hart, RAM, and an engine, without devices or caches of translations. */
import { assemble } from "@isovm/decoder";
import {
  type AccessKind,
  type ArchitecturalState,
  type Engine,
  type EngineFactory,
  type EngineMemory,
  type HartHost,
  type HartOutcome,
  type MemoryListener,
  type PhysicalMemory,
  type PrivilegedArchitecture,
  type PrivilegedHart,
  translationFault,
} from "@isovm/isa-spec";

const pageBytes = 4096;
/** Linear memory in front of RAM, for the engine's tables. */
const engineBytes = 16 * 2 ** 20;

/** First address of RAM. */
export const ramBase = 0x8000_0000;
/** Bytes of RAM. */
export const ramBytes: number = 2 ** 20;

/** RAM at {@link ramBase}, translated by a hart. */
export class TestMemory implements EngineMemory, PhysicalMemory {
  readonly memory: WebAssembly.Memory = new WebAssembly.Memory({
    initial: (engineBytes + ramBytes) / 65536,
  });
  hart: PrivilegedHart | undefined;
  readonly #listeners: MemoryListener[] = [];
  readonly #code: Set<number> = new Set();
  #next = 4096;

  allocate(sizeBytes: number, alignment = 16): number {
    const offset = Math.ceil(this.#next / alignment) * alignment;
    this.#next = offset + sizeBytes;
    return offset;
  }
  release(): void {}

  translate(address: bigint, access: AccessKind): number {
    const physical = this.hart?.translate(address, access) ?? -1;
    if (physical < 0) return physical;
    const offset = this.#offset(physical - (physical % pageBytes), pageBytes);
    return offset < 0 ? translationFault.bus : offset;
  }
  markCode(frame: number): void {
    this.#code.add(frame);
    for (const listener of this.#listeners) listener.codeMarked?.(frame);
  }
  isCode(frame: number): boolean {
    return this.#code.has(frame);
  }
  wrote(frame: number, start: number, end: number): void {
    for (const listener of this.#listeners) listener.codeWritten(frame, start, end);
  }
  attach(listener: MemoryListener): void {
    this.#listeners.push(listener);
  }
  flush(): void {
    for (const listener of this.#listeners) listener.mappingChanged();
  }

  load32(address: number): number {
    const offset = this.#offset(address, 4);
    return offset < 0 ? -1 : new DataView(this.memory.buffer).getUint32(offset, true);
  }
  store32(address: number, value: number): boolean {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    return this.write(address, bytes);
  }
  read(address: number, sizeBytes: number): Uint8Array | undefined {
    const offset = this.#offset(address, sizeBytes);
    if (offset < 0) return undefined;
    return new Uint8Array(this.memory.buffer, offset, sizeBytes).slice();
  }
  write(address: number, bytes: Uint8Array): boolean {
    const offset = this.#offset(address, bytes.length);
    if (offset < 0) return false;
    new Uint8Array(this.memory.buffer).set(bytes, offset);
    const frame = offset - (offset % pageBytes);
    if (this.isCode(frame)) this.wrote(frame, offset - frame, offset - frame + bytes.length);
    return true;
  }

  #offset(address: number, sizeBytes: number): number {
    const offset = address - ramBase;
    return offset < 0 || offset + sizeBytes > ramBytes ? -1 : engineBytes + offset;
  }
}

/** One hart that executes assembly text from {@link ramBase}, in machine mode at first. */
export class TestMachine {
  readonly memory: TestMemory = new TestMemory();
  readonly engine: Engine;
  readonly hart: PrivilegedHart;
  /** Addresses of the program's labels. */
  readonly symbols: ReadonlyMap<string, bigint>;
  /** Ticks of the real-time counter. */
  time = 0n;
  /** Arguments of {@link HartHost.flush} so far. */
  readonly flushes: {
    readonly page: bigint | undefined;
    readonly matches: ((context: string) => boolean) | undefined;
  }[] = [];
  readonly #alarms: Map<string, { readonly tick: bigint; readonly fire: () => void }> = new Map();
  #context = "";
  #handled = 0n;
  /** Added to the number of retired instructions: what a machine that this one goes on from did. */
  retiredBefore = 0n;

  constructor(architecture: PrivilegedArchitecture, engine: EngineFactory, source: string) {
    const { isa } = architecture;
    this.engine = engine({ isa, memory: this.memory, clock: { time: () => this.time } });
    const program = assemble(isa, source, { origin: BigInt(ramBase) });
    this.symbols = program.symbols;
    this.memory.write(ramBase, program.bytes);
    const machine = this;
    const host: HartHost = {
      index: 0,
      get state(): ArchitecturalState {
        return machine.engine.state;
      },
      physical: this.memory,
      time: () => this.time,
      retired: () => this.retired,
      alarm: (name, tick, fire) => {
        if (tick === undefined) this.#alarms.delete(name);
        else this.#alarms.set(name, { tick, fire: fire ?? (() => {}) });
      },
      flush: (page, matches) => {
        this.flushes.push({ page, matches });
        this.memory.flush();
      },
      interrupt: () => this.engine.interrupt(),
    };
    this.hart = architecture.createHart(host);
    this.memory.hart = this.hart;
    this.hart.reset(BigInt(ramBase));
  }

  /** Instructions that retired or trapped. */
  get retired(): bigint {
    return this.engine.retired + this.#handled + this.retiredBefore;
  }

  /** Register x`number`. */
  x(number: number): bigint {
    return this.engine.state.read("x", number);
  }

  /** One instruction, or the trap that comes instead of it. */
  step(): HartOutcome {
    this.advance(this.time);
    this.hart.takeInterrupt();
    if (this.hart.context !== this.#context) {
      this.#context = this.hart.context;
      this.memory.flush();
    }
    const exit = this.engine.run(1);
    if (exit.kind !== "budget") this.#handled += 1n;
    return this.hart.handle(exit);
  }

  /** Executes until the instruction at a label, the hart idles, or `limit` instructions. */
  run(label?: string, limit = 10_000): HartOutcome | "limit" {
    const end = label === undefined ? undefined : this.symbols.get(label);
    for (let count = 0; count < limit; count += 1) {
      if (this.engine.state.pc === end) return { kind: "continue" };
      const outcome = this.step();
      if (outcome.kind !== "continue") return outcome;
    }
    return "limit";
  }

  /** Lets time pass. */
  advance(time: bigint): void {
    this.time = time;
    for (const [name, { tick, fire }] of [...this.#alarms]) {
      if (time < tick) continue;
      this.#alarms.delete(name);
      fire();
    }
  }
}
