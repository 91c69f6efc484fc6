/**
 * Cycles and retired instructions, which are the same here, so that a run repeats exactly.
 *
 * @see RISC-V Privileged 20240411, 3.1.10 and 3.1.12
 */

/** The counters that there are, by their bit in `mcountinhibit`. */
const bits = { cycle: 0n, instret: 2n } as const;
/** A counter that can be written. */
export type CounterName = keyof typeof bits;

interface Counter {
  /** What to add to the number of retired instructions; or the value itself while inhibited. */
  base: bigint;
}

/** `mcycle`, `minstret` and `mcountinhibit`. */
export class Counters {
  /** Instructions that had retired before the one that is executing. */
  readonly #before: () => bigint;
  readonly #counters: Readonly<Record<CounterName, Counter>> = {
    cycle: { base: 0n },
    instret: { base: 0n },
  };
  #inhibited = 0n;

  /** `retired` counts the instruction that is executing. */
  constructor(retired: () => bigint) {
    this.#before = () => retired() - 1n;
  }

  read(name: CounterName): bigint {
    const { base } = this.#counters[name];
    return BigInt.asUintN(64, this.#isInhibited(name) ? base : base + this.#before());
  }

  /** The next instruction reads what was written: this one doesn't count. */
  write(name: CounterName, value: bigint): void {
    this.#counters[name].base = this.#isInhibited(name) ? value : value - this.#before() - 1n;
  }

  /** `mcountinhibit`. */
  get inhibited(): bigint {
    return this.#inhibited;
  }

  inhibit(value: bigint): void {
    const values = { cycle: this.read("cycle"), instret: this.read("instret") };
    this.#inhibited = value & 0b101n;
    for (const name of ["cycle", "instret"] as const) {
      this.#counters[name].base = this.#isInhibited(name)
        ? values[name]
        : values[name] - this.#before();
    }
  }

  save(): { readonly inhibited: string; readonly cycle: string; readonly instret: string } {
    const { cycle, instret } = this.#counters;
    return {
      inhibited: String(this.#inhibited),
      cycle: String(cycle.base),
      instret: String(instret.base),
    };
  }

  restore(saved: ReturnType<Counters["save"]>): void {
    this.#inhibited = BigInt(saved.inhibited);
    this.#counters.cycle.base = BigInt(saved.cycle);
    this.#counters.instret.base = BigInt(saved.instret);
  }

  #isInhibited(name: CounterName): boolean {
    return ((this.#inhibited >> bits[name]) & 1n) !== 0n;
  }
}
