/** The interrupt controller once more, as its specification tells it: slow, for tests. */

/** The controller's registers and gateways as objects and sets. */
export class SlowPlic {
  readonly sources: { level: boolean; pending: boolean; busy: boolean; priority: number }[];
  readonly contexts: { enabled: Set<number>; threshold: number }[];

  constructor(sources: number, contexts: number) {
    this.sources = Array.from({ length: sources }, () => ({
      level: false,
      pending: false,
      busy: false,
      priority: 0,
    }));
    this.contexts = Array.from({ length: contexts }, () => ({ enabled: new Set(), threshold: 0 }));
  }

  setLevel(source: number, level: boolean): void {
    const input = this.sources[source - 1];
    if (input === undefined) return;
    input.level = level;
    this.#gateways();
  }

  setPriority(source: number, priority: number): void {
    const input = this.sources[source - 1];
    if (input !== undefined) input.priority = priority % 8;
  }

  setEnable(context: number, word: number, bits: number): void {
    for (let bit = 0; bit < 32; bit++) {
      const source = 32 * word + bit;
      if (source === 0 || source > this.sources.length) continue;
      if (Math.floor(bits / 2 ** bit) % 2 === 1) this.contexts[context]?.enabled.add(source);
      else this.contexts[context]?.enabled.delete(source);
    }
  }

  setThreshold(context: number, threshold: number): void {
    const target = this.contexts[context];
    if (target !== undefined) target.threshold = threshold % 8;
  }

  claim(context: number): number {
    const [source = 0] = this.#candidates(context);
    const input = this.sources[source - 1];
    if (input !== undefined) input.pending = false;
    return source;
  }

  complete(context: number, source: number): void {
    const input = this.sources[source - 1];
    if (input === undefined || !this.contexts[context]?.enabled.has(source)) return;
    input.busy = false;
    this.#gateways();
  }

  outputs(): boolean[] {
    return this.contexts.map(({ threshold }, context) =>
      this.#candidates(context).some(
        (source) => (this.sources[source - 1]?.priority ?? 0) > threshold,
      ),
    );
  }

  pendingWords(): number[] {
    return [0, 1].map((word) =>
      this.sources.reduce(
        (sum, { pending }, index) =>
          pending && (index + 1) >> 5 === word ? sum + 2 ** ((index + 1) % 32) : sum,
        0,
      ),
    );
  }

  #gateways(): void {
    for (const input of this.sources) {
      if (!input.level || input.busy) continue;
      input.busy = true;
      input.pending = true;
    }
  }

  /** What a context could claim, the best first. */
  #candidates(context: number): number[] {
    return this.sources
      .map(({ pending, priority }, index) => ({ pending, priority, source: index + 1 }))
      .filter(
        ({ pending, priority, source }) =>
          pending && priority > 0 && this.contexts[context]?.enabled.has(source),
      )
      .sort((a, b) => b.priority - a.priority || a.source - b.source)
      .map(({ source }) => source);
  }
}
