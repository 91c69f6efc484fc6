/** The tiered engine: an interpreter, and regions translated where it spends its time. */
import type {
  Engine,
  EngineFactory,
  EngineOptions,
  Exit,
  Isa,
  RegionHost,
  RegionHostFactory,
} from "@isovm/isa-spec";
import type { BaselineModule } from "../baseline/baseline-module.ts";
import { BaselineSearch } from "../baseline/baseline-search.ts";
import { CodeRegions } from "../baseline/code-region.ts";
import { shownRegion } from "../baseline/shown-region.ts";
import { toNumber } from "../region/address.ts";
import { GuestCode } from "../region/guest-code.ts";
import type { RegionModule } from "../region/module.ts";
import type { RegionTier } from "../region/region.ts";
import { type TranslatedRegion, translatedRegion } from "../region/translated-region.ts";
import type { Translations } from "../store/translations.ts";
import { CodeCache } from "./code-cache.ts";
import { Concentration } from "./concentration.ts";
import { RegionInstaller } from "./region-installer.ts";
import { RegionSearch } from "./region-search.ts";

/** How a tiered engine decides. */
export interface TieredOptions {
  /**
   * The tiers above the interpreter: `optimised` for loops that a program spends much of its time
   * in, `baseline` for flat code, where it is everywhere for a while. By default both, but in a
   * memory of several translation contexts only the first one.
   */
  readonly tiers?: readonly RegionTier[];
  /**
   * Samples for each instruction of a region until it is translated, by default different for each
   * tier. With 0, every sample makes a region that begins right there.
   */
  readonly threshold?: number;
  /** Interpreted instructions from sample to sample; default 8192. */
  readonly samplePeriod?: number;
  /** Instructions of a region at most; default 400. */
  readonly regionLimit?: number;
  /**
   * Whether optimised regions are entered at their loops, too, after they were left in the midst of
   * one. By default in a memory of several translation contexts only, as that happens rarely else
   * and makes code a little slower.
   */
  readonly loopEntries?: boolean;
  /** Entries of regions that the code cache holds at most; default 16384. */
  readonly cacheLimit?: number;
  /** Whether code that was never executed is translated with what leads to it; default false. */
  readonly coldCode?: boolean;
  /**
   * How often control comes to where a kept region begins until that is compiled. By default 16 in
   * a memory of several translation contexts, whose flat code comes by many regions once; else 1.
   */
  readonly keptVisits?: number;
  /** Host time for statistics, in milliseconds. */
  readonly now?: () => number;
  /** Translations of earlier runs, to be taken up where they fit; those of this run are added. */
  readonly translations?: Translations;
  /** Told of every region that is translated; those taken up from earlier runs are not. */
  readonly onRegion?: (region: TranslatedRegion) => void;
}

/**
 * Instructions after which control returns to the driver at least: a host without on-stack
 * replacement uses better code for a function only when it is called again.
 */
const longestRun = 1 << 20;
/**
 * Samples for each instruction of a region where addresses are translated at every access: an
 * operating system is flat code, and code for it is longer and gains less.
 */
const systemThreshold = 2;
/** … and what earlier runs have left of it is worth little: samples are taken so many times less often. */
const keptPeriods = 8;
/** Visits after which a kept region is compiled there. */
const systemVisits = 16;
/** Regions may leave so often to the interpreter … */
const tooManyLeaves = 64;
/** … and once in so many instructions. */
const instructionsPerLeave = 1000n;

/** Makes a factory of tiered engines above an interpreter. */
export function tiered(base: RegionHostFactory, options: TieredOptions = {}): EngineFactory {
  return (engineOptions) => new TieredEngine(base(engineOptions), engineOptions, options);
}

class TieredEngine implements Engine {
  readonly name = "tiered";
  readonly state: Engine["state"];
  readonly breakpoints: Set<bigint>;
  readonly #base: RegionHost;
  readonly #isa: Isa;
  readonly #samplePeriod: number;
  readonly #keptVisits: number;
  readonly #services: Pick<TieredOptions, "now" | "onRegion">;
  readonly #code: GuestCode;
  readonly #cache: CodeCache;
  readonly #baseline: BaselineSearch | undefined;
  readonly #search: RegionSearch | undefined;
  readonly #concentration = new Concentration();
  readonly #installer: RegionInstaller;
  /** Instructions that were interpreted until the last sample. */
  #sampledAt = 0n;
  #leaves = 0;
  /** Instructions retired when they were counted. */
  #checkedAt = 0n;
  #translateMs = 0;
  #isInterrupted = false;
  #takeUpMs = 0;
  /** By entry of kept regions that aren't compiled yet: how often control has come there. */
  readonly #visits = new Map<bigint, number>();

  constructor(base: RegionHost, { isa, memory }: EngineOptions, options: TieredOptions) {
    const { threshold, regionLimit = 400, coldCode = false, translations } = options;
    // Where addresses are translated at every access, templates are too long to pay.
    const isFlat = (memory.contexts ?? 1) === 1;
    const { tiers = isFlat ? ["baseline", "optimised"] : ["optimised"] } = options;
    this.#base = base;
    this.#isa = isa;
    this.state = base.state;
    this.breakpoints = base.breakpoints;
    this.#services = options;
    this.#cache = new CodeCache(isa, memory, base.regions, options.cacheLimit ?? 16384);
    this.#code = new GuestCode(isa, memory, base.breakpoints);
    const targets = translations?.profile?.targets;
    const parts = { isa, memory, host: base, code: this.#code, cache: this.#cache };
    this.#installer = new RegionInstaller({ ...parts, translations });
    const { predecoded } = base.regions;
    const frameOf = (pc: number): number => this.#code.frameOf(pc);
    this.#baseline = tiers.includes("baseline")
      ? new BaselineSearch({
          host: base,
          context: () => this.#code.context,
          regions: new CodeRegions({
            isa,
            predecoded,
            recorder: () => this.#installer.recorder,
            frameOf,
            memory: memory.memory,
            coldCode,
            breakpoints: base.breakpoints,
          }),
          threshold,
          limit: regionLimit,
          isLoop: (has) => this.#search !== undefined && this.#concentration.isIn(has),
        })
      : undefined;
    // What is kept for later runs pays more than once.
    const least = isFlat || translations ? 1 : systemThreshold;
    const hasKept = (translations?.modules.length ?? 0) > 0;
    const { samplePeriod = 8192 } = options;
    this.#samplePeriod = isFlat || !hasKept ? samplePeriod : keptPeriods * samplePeriod;
    this.#keptVisits = options.keptVisits ?? (isFlat ? 1 : systemVisits);
    const choice = {
      threshold: threshold ?? least,
      regionLimit,
      coldCode,
      entersLoops: options.loopEntries ?? !isFlat,
      targets,
    };
    this.#search = tiers.includes("optimised")
      ? new RegionSearch(base, this.#code, choice)
      : undefined;
    translations?.learnFrom?.(() => ({
      targets: this.#search?.targets() ?? [],
      alone: this.#installer.alone(),
    }));
  }

  get retired(): bigint {
    return this.#base.retired;
  }

  interrupt(): void {
    this.#base.interrupt();
    this.#isInterrupted = true;
  }

  run(budget: number): Exit {
    this.#isInterrupted = false;
    const { regions } = this.#base;
    const end = this.#base.retired + BigInt(budget);
    const { hasBreakpoints } = regions;
    if (hasBreakpoints) {
      // The first instruction is executed whether or not there is a breakpoint.
      const first = regions.step();
      if (first.kind !== "budget" || this.#isInterrupted || budget === 1) return first;
      if (regions.updateBreakpoints()) this.#forgetRegions();
    }
    for (;;) {
      const left = Number(end - this.#base.retired);
      if (left === 0 || this.#isInterrupted) return { kind: "budget" };
      if (hasBreakpoints && this.breakpoints.has(this.state.pc)) return { kind: "breakpoint" };
      const quantum = this.#untilSample();
      // What was stepped through, by a debugger for instance, counts as interpreted.
      if (quantum > 0) {
        const exit = regions.run(Math.min(left, longestRun), quantum);
        switch (exit.kind) {
          case "budget":
          case "left":
          case "sample":
            break;
          case "marked": {
            const stopped = this.#enterAt(this.state.pc, end);
            if (stopped) return stopped;
            break;
          }
          default:
            return exit;
        }
        if (this.#untilSample() > 0 || this.#isInterrupted) continue;
      }
      const stopped = this.#sample(Number(end - this.#base.retired));
      this.#sampledAt = this.#interpreted;
      if (stopped) return stopped;
    }
  }

  get #interpreted(): bigint {
    return this.#base.retired - this.#base.regions.executed;
  }

  /** Instructions to be interpreted until then, however often regions and the host come in between. */
  #untilSample(): number {
    return this.#samplePeriod - Number(this.#interpreted - this.#sampledAt);
  }

  statistics(): Readonly<Record<string, number>> {
    return {
      ...this.#base.statistics(),
      executedInRegions: Number(this.#base.regions.executed),
      ...this.#installer.counts,
      translateMs: this.#translateMs,
      takeUpMs: this.#takeUpMs,
      ...this.#cache.counts,
    };
  }

  /**
   * Has control come to the region at a marked address, or takes back the mark. A kept region is
   * worth compiling when control has come to it several times; until then its first instruction is
   * interpreted. The exit of one that ended the run is returned.
   */
  #enterAt(entry: bigint, end: bigint): Exit | undefined {
    if (this.#cache.refill(entry)) return undefined;
    const visits = (this.#visits.get(entry) ?? 0) + 1;
    if (visits < this.#keptVisits && this.#installer.isKept(entry) && this.#base.retired < end) {
      this.#visits.set(entry, visits);
      const exit = this.#base.regions.step();
      return exit.kind === "budget" ? undefined : exit;
    }
    this.#visits.delete(entry);
    const start = this.#now();
    if (!this.#installer.takeUp(entry)) this.#base.regions.unmark(entry);
    this.#takeUpMs += this.#now() - start;
    return undefined;
  }

  /** Some have instructions at breakpoints now, and others end where there is none any more. */
  #forgetRegions(): void {
    this.#cache.clear();
    this.#code.forget();
    this.#search?.forget();
    this.#baseline?.forget();
  }

  #sample(left: number): Exit | undefined {
    const start = this.#now();
    // What a few loops spend their time in is worth an optimiser's; flat code isn't.
    const isFlat = !this.#concentration.sample(toNumber(this.state.pc));
    let exit: Exit | undefined;
    if (this.#baseline && (isFlat || !this.#search)) this.#baseline.sample();
    else exit = this.#search?.sample(left, () => this.#isInterrupted);
    this.#checkLeaves();
    const flat = this.#baseline?.take() ?? [];
    const quick = flat.length > 0 ? this.#installer.installBaseline(flat) : undefined;
    const regions = this.#search?.take() ?? [];
    const made = regions.length > 0 ? this.#installer.install(regions) : undefined;
    this.#translateMs += this.#now() - start;
    if (quick) this.#showBaseline(quick);
    if (made) this.#show(made);
    return exit;
  }

  /**
   * If regions leave too often, they lie badly: accesses that are checked together cross a page for
   * instance, or pages lie elsewhere than their colour says.
   */
  #checkLeaves(): void {
    const { leaves } = this.#base.regions;
    const count = (leaves - this.#leaves) >>> 0;
    if (count < tooManyLeaves) return;
    const executed = this.retired - this.#checkedAt;
    this.#leaves = leaves;
    this.#checkedAt = this.retired;
    if (BigInt(count) * instructionsPerLeave < executed) return;
    this.#installer.separate(this.#base.regions.lastExit);
  }

  #showBaseline(made: BaselineModule): void {
    const { onRegion } = this.#services;
    if (!onRegion) return;
    for (const region of made.regions) onRegion(shownRegion(region, made, this.#code, this.#isa));
  }

  #show(made: RegionModule): void {
    const { onRegion } = this.#services;
    if (!onRegion) return;
    for (const region of made.regions) {
      onRegion(translatedRegion(region, made, this.#code, this.#isa));
    }
  }

  #now(): number {
    return this.#services.now?.() ?? 0;
  }
}
