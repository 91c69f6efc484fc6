/** The tiered engine: an interpreter, and regions translated where it spends its time. */
import type {
  Engine,
  EngineFactory,
  EngineMemory,
  EngineOptions,
  Exit,
  FloatPolicy,
  Isa,
  RegionHost,
  RegionHostFactory,
} from "@isovm/isa-spec";
import { floatImports } from "@isovm/wasm";
import { toAddress, toNumber } from "../region/address.ts";
import { formRegion } from "../region/formation.ts";
import { GuestCode, type PlacedInstruction } from "../region/guest-code.ts";
import { type RegionModule, regionModule, regionName } from "../region/module.ts";
import type { Region } from "../region/region.ts";
import { type TranslatedRegion, translatedRegion } from "../region/translated-region.ts";
import type { KeptRegion } from "../store/kept-module.ts";
import { KeptRegions } from "../store/kept-regions.ts";
import type { Translations } from "../store/translations.ts";
import { CodeCache, type CodeSpan } from "./code-cache.ts";
import { type CodeRun, codeOf, spansOf } from "./code-spans.ts";
import { floatPolicyOf } from "./float-policy.ts";
import { HotSpots } from "./hot-spots.ts";
import { IndirectTargets } from "./indirect-targets.ts";
import { RegionQueue } from "./region-queue.ts";

/** How a tiered engine decides. */
export interface TieredOptions {
  /**
   * Samples for each instruction of a region until it is translated; default 1. With 0, every sample
   * makes a region that begins right there.
   */
  readonly threshold?: number;
  /** Interpreted instructions from sample to sample; default 4096. */
  readonly samplePeriod?: number;
  /** Instructions of a region at most; default 400. */
  readonly regionLimit?: number;
  /** Regions that the code cache holds at most; default 2048. */
  readonly cacheLimit?: number;
  /** Whether code that was never executed is translated with what leads to it; default false. */
  readonly coldCode?: boolean;
  /** Host time for statistics, in milliseconds. */
  readonly now?: () => number;
  /** Translations of earlier runs, to be taken up where they fit; those of this run are added. */
  readonly translations?: Translations;
  /** Told of every region that is translated; those taken up from earlier runs are not. */
  readonly onRegion?: (region: TranslatedRegion) => void;
}

type Services = "now" | "translations" | "onRegion";

/**
 * Instructions after which control returns to the driver at least: a host without on-stack
 * replacement uses better code for a function only when it is called again.
 */
const longestRun = 1 << 20;
/** Instructions translated before the host has compiled the translator itself. */
const practice = 4000;
/** How many times as much each instruction costs until then. */
const clumsiness = 4;
/** Samples in one place before it is looked at: for each unit of a translated instruction's cost. */
const samplesToLook = 32;
/** From sample to sample, regions may leave so often to the interpreter. */
const tooManyLeaves = 64;
/** Instructions that are stepped through in search of a good place to enter. */
const entrySearch = 96;

/** Makes a factory of tiered engines above an interpreter. */
export function tiered(base: RegionHostFactory, options: TieredOptions = {}): EngineFactory {
  return (engineOptions) => new TieredEngine(base(engineOptions), engineOptions, options);
}

class TieredEngine implements Engine {
  readonly name = "tiered";
  readonly state: Engine["state"];
  readonly breakpoints: Set<bigint> = new Set();
  readonly #base: RegionHost;
  readonly #isa: Isa;
  readonly #memory: EngineMemory;
  readonly #cache: CodeCache;
  readonly #code: GuestCode;
  readonly #hotSpots = new HotSpots();
  readonly #indirectTargets = new IndirectTargets();
  readonly #queue = new RegionQueue();
  /** Addresses of instructions whose accesses are checked on their own. */
  readonly #alone = new Set<number>();
  #leaves = 0;
  readonly #floatPolicy: FloatPolicy | undefined;
  readonly #imports: WebAssembly.Imports;
  /** What translated code takes for granted of this engine. */
  readonly #host: string;
  readonly #kept: KeptRegions | undefined;
  readonly #options: Required<Omit<TieredOptions, Services>> & Pick<TieredOptions, Services>;
  #translatedInstructions = 0;
  #regions = 0;
  #keptRegions = 0;
  #translateMs = 0;
  #takeUpMs = 0;
  #wasmBytes = 0;

  constructor(base: RegionHost, { isa, memory }: EngineOptions, options: TieredOptions) {
    this.#base = base;
    this.#isa = isa;
    this.#memory = memory;
    this.state = base.state;
    this.#options = {
      threshold: 1,
      samplePeriod: 4096,
      regionLimit: 400,
      cacheLimit: 2048,
      coldCode: false,
      ...options,
    };
    this.#cache = new CodeCache(isa, memory, base.regions, this.#options.cacheLimit);
    this.#code = new GuestCode(isa, memory);
    this.#floatPolicy = floatPolicyOf(isa);
    this.#imports = {
      env: { memory: memory.memory },
      ...(this.#floatPolicy && floatImports(this.#floatPolicy)),
    };
    this.#host = JSON.stringify(base.regions.places);
    const { translations } = options;
    if (!translations) return;
    const kept = new KeptRegions(translations, {
      host: this.#host,
      imports: this.#imports,
      codeAt: (address, lengthBytes) => this.#code.bytesAt(address, lengthBytes),
    });
    this.#kept = kept;
    base.regions.onPage = (page) => {
      for (const entry of kept.entriesIn(page)) base.regions.mark(entry);
    };
  }

  get retired(): bigint {
    return this.#base.retired;
  }

  run(budget: number): Exit {
    if (this.breakpoints.size > 0) return this.#runToBreakpoint(budget);
    const { regions } = this.#base;
    const { samplePeriod } = this.#options;
    const end = this.#base.retired + BigInt(budget);
    for (;;) {
      const left = Number(end - this.#base.retired);
      if (left === 0) return { kind: "budget" };
      const exit = regions.run(Math.min(left, longestRun), samplePeriod);
      switch (exit.kind) {
        case "budget":
        case "left":
          break;
        case "sample": {
          const stopped = this.#sample(Number(end - this.#base.retired));
          if (stopped) return stopped;
          break;
        }
        case "marked":
          this.#enterAt(this.state.pc);
          break;
        default:
          return exit;
      }
    }
  }

  statistics(): Readonly<Record<string, number>> {
    return {
      ...this.#base.statistics(),
      executedInRegions: Number(this.#base.regions.executed),
      regions: this.#regions,
      keptRegions: this.#keptRegions,
      translatedInstructions: this.#translatedInstructions,
      translateMs: this.#translateMs,
      takeUpMs: this.#takeUpMs,
      translatedBytes: this.#wasmBytes,
      ...this.#cache.counts,
    };
  }

  /** Has control come to the region at a marked address, or takes back the mark. */
  #enterAt(entry: bigint): void {
    if (this.#cache.refill(entry)) return;
    const start = this.#now();
    if (!this.#takeUp(entry)) this.#base.regions.unmark(entry);
    this.#takeUpMs += this.#now() - start;
  }

  #runToBreakpoint(budget: number): Exit {
    for (let count = 0; count < budget; count += 1) {
      if (count > 0 && this.breakpoints.has(this.state.pc)) return { kind: "breakpoint" };
      const exit = this.#base.regions.step();
      if (exit.kind !== "budget") return exit;
    }
    return { kind: "budget" };
  }

  /** Notes where the interpreter is and translates what it is in too often. */
  #sample(left: number): Exit | undefined {
    const start = this.#now();
    const pc = toNumber(this.state.pc);
    const isEager = this.#options.threshold === 0;
    const isHot =
      !this.#queue.covers(pc) && this.#hotSpots.sample(pc, samplesToLook * this.#cost());
    const exit = isHot || isEager ? this.#lookFor(pc, isEager ? 0 : left) : undefined;
    this.#checkLeaves();
    const regions = this.#queue.take(this.#code.generation, isEager);
    const made = regions.length > 0 ? this.#install(regions) : undefined;
    this.#translateMs += this.#now() - start;
    if (made) this.#show(made);
    return exit;
  }

  /**
   * Finds a region for a sample, and where indirect jumps go. It begins at the start of a loop or
   * function, stepping on to it; or where the last region left to the interpreter, if another one
   * comes before any of those.
   */
  #lookFor(sampled: number, left: number): Exit | undefined {
    const { regions } = this.#base;
    const { state } = this;
    const steps = Math.min(entrySearch, left);
    let entry: number | undefined;
    let pc = sampled;
    let exit: Exit | undefined;
    for (let step = 0; step < steps && !exit; step += 1) {
      const before = pc;
      this.#hotSpots.visit(before);
      const stepped = regions.step();
      if (stepped.kind !== "budget") exit = stepped;
      pc = toNumber(state.pc);
      this.#observe(before, pc);
      if (entry !== undefined) continue;
      if (regions.isMarked(state.pc)) entry = this.#lastExit() ?? sampled;
      else if (pc <= before) entry = pc;
    }
    this.#consider(entry ?? sampled);
    return exit;
  }

  /** Where the last region left to the interpreter, unless a region begins there. */
  #lastExit(): number | undefined {
    const { regions } = this.#base;
    const { lastExit } = regions;
    if (regions.isMarked(lastExit)) return undefined;
    const placed = this.#code.at(toNumber(lastExit));
    return placed && this.#wasExecuted(placed) ? placed.pc : undefined;
  }

  #observe(before: number, after: number): void {
    const { targets = [] } = this.#code.at(before) ?? {};
    if (targets.includes(undefined)) this.#indirectTargets.note(before, after);
  }

  /**
   * If regions leave too often, they lie badly: accesses that are checked together cross a page for
   * instance. The instruction where one left last is checked on its own from then on.
   */
  #checkLeaves(): void {
    const { lastExit, leaves } = this.#base.regions;
    const count = (leaves - this.#leaves) >>> 0;
    this.#leaves = leaves;
    const pc = toNumber(lastExit);
    if (count < tooManyLeaves || this.#alone.has(pc)) return;
    this.#alone.add(pc);
    this.#cache.removeAt(lastExit);
    this.#kept?.discard(lastExit);
  }

  /** Has the region at an entry translated if it is worth it. */
  #consider(entry: number): void {
    if (this.#queue.has(entry)) return;
    this.#hotSpots.visit(entry);
    const { coldCode, regionLimit } = this.#options;
    const region = formRegion(entry, {
      code: this.#code,
      includes: (placed) =>
        coldCode || (this.#hotSpots.isWarm(placed.pc) && this.#wasExecuted(placed)),
      observed: ({ pc }) => this.#indirectTargets.of(pc),
      limit: regionLimit,
    });
    if (!region) return;
    const samples = this.#cost() * region.instructionCount;
    if (!this.#hotSpots.take(addressesOf(region), samples)) return;
    this.#queue.add(region, this.#code.generation);
  }

  /** What the translation of an instruction costs, in samples. */
  #cost(): number {
    const { threshold } = this.#options;
    return this.#translatedInstructions < practice ? clumsiness * threshold : threshold;
  }

  #wasExecuted({ frame, offset }: PlacedInstruction): boolean {
    return this.#base.regions.wasExecuted(frame, offset);
  }

  #install(regions: readonly Region[]): RegionModule {
    const made = regionModule(regions, {
      isa: this.#isa,
      places: this.#base.regions.places,
      floatPolicy: this.#floatPolicy,
      isAlone: ({ pc }) => this.#alone.has(pc),
    });
    const bytes = made.builder.toBytes();
    this.#wasmBytes += bytes.length;
    const module = new WebAssembly.Module(bytes);
    const { exports } = new WebAssembly.Instance(module, this.#imports);
    const kept: KeptRegion[] = [];
    regions.forEach((region, index) => {
      const exportName = regionName(index);
      const run = exports[exportName];
      if (run === undefined) return;
      const { instructionCount } = region;
      const entry = toAddress(region.entry, this.#isa.addressWidth);
      const spans = this.#spansOf(runsOf(region, this.#isa.addressWidth));
      this.#cache.add({ entry, instructionCount, spans, run });
      this.#regions += 1;
      this.#translatedInstructions += instructionCount;
      const code = codeOf(spans, this.#memory.memory);
      kept.push({ pc: entry, exportName, instructionCount, code });
    });
    this.#options.translations?.add({ host: this.#host, wasm: bytes, regions: kept });
    return made;
  }

  #show(made: RegionModule): void {
    const { onRegion } = this.#options;
    if (!onRegion) return;
    for (const region of made.regions) {
      onRegion(translatedRegion(region, made, this.#code, this.#isa));
    }
  }

  #now(): number {
    return this.#options.now?.() ?? 0;
  }

  #spansOf(runs: Iterable<CodeRun>): readonly CodeSpan[] {
    return spansOf(runs, this.#isa.addressWidth, (address) =>
      this.#code.frameOf(toNumber(address)),
    );
  }

  /** Takes up the region that an earlier run has made for an address, if it fits. */
  #takeUp(entry: bigint): boolean {
    const found = this.#kept?.find(entry);
    if (!found) return false;
    const { region, run } = found;
    const runs = region.code.map(({ address, bytes }) => ({ address, sizeBytes: bytes.length }));
    const { instructionCount } = region;
    this.#cache.add({ entry, instructionCount, spans: this.#spansOf(runs), run });
    this.#keptRegions += 1;
    return true;
  }
}

function* addressesOf({ blocks }: Region): Iterable<number> {
  for (const { instructions } of blocks) for (const { pc } of instructions) yield pc;
}

/** The instructions of a region as runs of code. */
function* runsOf({ blocks }: Region, addressWidth: number): Iterable<CodeRun> {
  for (const { instructions } of blocks) {
    const [first] = instructions;
    const last = instructions.at(-1);
    if (!first || !last) continue;
    const sizeBytes = last.pc - first.pc + last.instruction.sizeBytes;
    // Only a block that wraps at the end of the address space has its end before its start.
    if (sizeBytes > 0) {
      yield { address: toAddress(first.pc, addressWidth), sizeBytes };
      continue;
    }
    for (const { pc, instruction } of instructions) {
      yield { address: toAddress(pc, addressWidth), sizeBytes: instruction.sizeBytes };
    }
  }
}
