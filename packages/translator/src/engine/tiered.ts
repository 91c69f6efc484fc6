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
import type { RegisterSlot } from "../ir/register-slot.ts";
import { specialiser } from "../ir/specialiser.ts";
import { CodeReader } from "../region/code-reader.ts";
import { formRegion } from "../region/formation.ts";
import { regionModule, regionName } from "../region/module.ts";
import type { Region } from "../region/region.ts";
import { CodeCache, type CodeSpan } from "./code-cache.ts";
import { floatPolicyOf } from "./float-policy.ts";

/** How a tiered engine decides. */
export interface TieredOptions {
  /** Samples of the interpreter in one place until it is translated; default 3. */
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
}

/**
 * Instructions after which control returns to the driver at least: a host without on-stack
 * replacement uses better code for a function only when it is called again.
 */
const longestRun = 1 << 20;
/** Instructions that are looked at for a good place to enter. */
const entrySearch = 256;
/** Places are told apart by so many bits of their address. */
const placeBits = 7n;

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
  readonly #reader: CodeReader;
  readonly #specialise: ReturnType<typeof specialiser>;
  readonly #linkRegisters = new Set<RegisterSlot>();
  readonly #floatPolicy: FloatPolicy | undefined;
  readonly #imports: WebAssembly.Imports;
  readonly #options: Required<Omit<TieredOptions, "now">> & Pick<TieredOptions, "now">;
  readonly #samples = new Map<bigint, number>();
  #translatedInstructions = 0;
  #regions = 0;
  #translateMs = 0;
  #wasmBytes = 0;

  constructor(base: RegionHost, { isa, memory }: EngineOptions, options: TieredOptions) {
    this.#base = base;
    this.#isa = isa;
    this.#memory = memory;
    this.state = base.state;
    this.#options = {
      threshold: 3,
      samplePeriod: 4096,
      regionLimit: 400,
      cacheLimit: 2048,
      coldCode: false,
      ...options,
    };
    this.#cache = new CodeCache(isa, memory, base.regions, this.#options.cacheLimit);
    this.#reader = new CodeReader(isa, memory);
    this.#specialise = specialiser(isa);
    this.#floatPolicy = floatPolicyOf(isa);
    this.#imports = {
      env: { memory: memory.memory },
      slow: base.regions.imports,
      ...(this.#floatPolicy && floatImports(this.#floatPolicy)),
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
        case "sample":
          this.#sample(Number(end - this.#base.retired));
          break;
        case "marked":
          if (!this.#cache.refill(this.state.pc)) regions.unmark(this.state.pc);
          break;
        default:
          return exit;
      }
    }
  }

  statistics(): Readonly<Record<string, number>> {
    return {
      ...this.#base.statistics(),
      regions: this.#regions,
      cachedRegions: this.#cache.size,
      translatedInstructions: this.#translatedInstructions,
      translateMs: this.#translateMs,
      translatedBytes: this.#wasmBytes,
      ...this.#cache.counts,
    };
  }

  #runToBreakpoint(budget: number): Exit {
    for (let count = 0; count < budget; count += 1) {
      if (count > 0 && this.breakpoints.has(this.state.pc)) return { kind: "breakpoint" };
      const exit = this.#base.regions.step();
      if (exit.kind !== "budget") return exit;
    }
    return { kind: "budget" };
  }

  /** Notes where the interpreter is; translates what it is at too often. */
  #sample(left: number): void {
    const { pc } = this.state;
    const place = pc >> placeBits;
    const count = (this.#samples.get(place) ?? 0) + 1;
    this.#samples.set(place, count);
    if (count < this.#options.threshold) return;
    this.#samples.delete(place);
    const entry = this.#chooseEntry();
    if (entry !== undefined && left > 0) this.#translate(entry);
  }

  #chooseEntry(): bigint | undefined {
    const { pc } = this.state;
    return this.#cache.has(pc) ? undefined : pc;
  }

  #translate(entry: bigint): void {
    const start = this.#options.now?.() ?? 0;
    this.#reader.refresh();
    const region = formRegion(entry, {
      isa: this.#isa,
      reader: this.#reader,
      specialise: this.#specialise,
      linkRegisters: this.#linkRegisters,
      wasExecuted: (address) => this.#options.coldCode || this.#base.regions.wasExecuted(address),
      limit: this.#options.regionLimit,
    });
    if (region) this.#install([region]);
    this.#translateMs += (this.#options.now?.() ?? 0) - start;
  }

  #install(regions: readonly Region[]): void {
    const bytes = regionModule(regions, {
      isa: this.#isa,
      places: this.#base.regions.places,
      floatPolicy: this.#floatPolicy,
    }).toBytes();
    this.#wasmBytes += bytes.length;
    const module = new WebAssembly.Module(bytes);
    const { exports } = new WebAssembly.Instance(module, this.#imports);
    regions.forEach((region, index) => {
      const run = exports[regionName(index)];
      if (run === undefined) return;
      const { entry, instructionCount } = region;
      this.#cache.add({ entry, instructionCount, spans: this.#spansOf(region), run });
      this.#regions += 1;
      this.#translatedInstructions += instructionCount;
    });
  }

  #spansOf({ blocks }: Region): readonly CodeSpan[] {
    const spans = new Map<bigint, { frame: number; start: number; end: number }>();
    const cover = (address: bigint, length: number): void => {
      const page = address & ~0xfffn;
      const start = Number(address - page);
      const end = Math.min(start + length, 4096);
      const known = spans.get(page);
      if (known) {
        known.start = Math.min(known.start, start);
        known.end = Math.max(known.end, end);
      } else {
        spans.set(page, { frame: this.#reader.frameOf(address), start, end });
      }
      const rest = length - (end - start);
      if (rest > 0) cover(BigInt.asUintN(this.#isa.addressWidth, page + 4096n), rest);
    };
    for (const { instructions } of blocks) {
      for (const { pc, instruction } of instructions) cover(pc, instruction.sizeBytes);
    }
    return [...spans].map(([page, span]) => ({ page, ...span }));
  }
}
