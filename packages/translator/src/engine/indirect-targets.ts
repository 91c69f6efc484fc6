/** Where indirect jumps were seen to go. */
const mostJumps = 1 << 12;
const mostTargets = 128;

const none: readonly number[] = [];

/** Targets by address of the jump; addresses are numbers, see region/address.ts. */
export class IndirectTargets {
  readonly #targets = new Map<number, Set<number>>();

  /** Notes that a jump went to a target. */
  note(jump: number, target: number): void {
    let known = this.#targets.get(jump);
    if (!known) {
      if (this.#targets.size >= mostJumps) this.#targets.clear();
      known = new Set();
      this.#targets.set(jump, known);
    }
    if (known.size < mostTargets) known.add(target);
  }

  /** All jumps, and their targets. */
  all(): [jump: number, targets: readonly number[]][] {
    return [...this.#targets].map(([jump, targets]) => [jump, [...targets]]);
  }

  /** The targets of a jump, in the order in which they were seen. */
  of(jump: number): Iterable<number> {
    return this.#targets.get(jump) ?? none;
  }
}
