/**
 * Breakpoints of a machine with several harts or threads: an engine doesn't stop at the first
 * instruction of a run, and the machine makes many runs of what is one to its host.
 */
import type { Engine } from "@isovm/isa-spec";

/** Tells each arrival at a breakpoint once. */
export class BreakpointArrivals<Hart> {
  readonly #engine: Pick<Engine, "breakpoints" | "state">;
  readonly #executedBy: (hart: Hart) => bigint;
  /** The arrival told last: the hart, where it was, and how much it had executed. */
  #hart: Hart | undefined;
  #pc = 0n;
  #executed = 0n;

  /** `executedBy` gives a number that changes with each instruction of a hart. */
  constructor(engine: Pick<Engine, "breakpoints" | "state">, executedBy: (hart: Hart) => bigint) {
    this.#engine = engine;
    this.#executedBy = executedBy;
  }

  /**
   * Whether the hart, whose registers the engine holds, has come to a breakpoint that wasn't told
   * of yet. To be asked before each run, and whenever the engine stopped at a breakpoint.
   */
  isNew(hart: Hart): boolean {
    const { breakpoints, state } = this.#engine;
    if (breakpoints.size === 0) {
      this.#hart = undefined;
      return false;
    }
    const { pc } = state;
    if (!breakpoints.has(pc)) return false;
    const executed = this.#executedBy(hart);
    if (hart === this.#hart && pc === this.#pc && executed === this.#executed) return false;
    this.#hart = hart;
    this.#pc = pc;
    this.#executed = executed;
    return true;
  }
}
