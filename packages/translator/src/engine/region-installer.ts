/** Makes regions executable: as modules of their own, or from translations that were kept. */
import type { EngineMemory, Isa, RegionHost } from "@isovm/isa-spec";
import { floatImports, floatPolicyOf, rowsFloatPolicy } from "@isovm/wasm";
import { type BaselineModule, baselineModule } from "../baseline/baseline-module.ts";
import type { CodeRegion } from "../baseline/code-region.ts";
import { Recorder } from "../baseline/recorder.ts";
import { toAddress, toNumber } from "../region/address.ts";
import type { GuestCode } from "../region/guest-code.ts";
import { type RegionModule, regionModule, regionName } from "../region/module.ts";
import type { Region, RegionTier } from "../region/region.ts";
import type { KeptRegion } from "../store/kept-module.ts";
import { KeptRegions } from "../store/kept-regions.ts";
import type { Translations } from "../store/translations.ts";
import type { CodeCache, CodeRun, CodeSpan } from "./code-cache.ts";
import { codeOf, runsOf, spansOf } from "./code-spans.ts";

/** What an installer works with. */
export interface RegionInstallerOptions {
  readonly isa: Isa;
  readonly memory: EngineMemory;
  readonly host: RegionHost;
  readonly code: GuestCode;
  readonly cache: CodeCache;
  readonly translations: Translations | undefined;
}

/** A region of a module that is to be entered into the cache. */
interface RegionPart {
  readonly tier: RegionTier;
  readonly exportName: string;
  readonly instructionCount: number;
  /** Addresses of its entries, and their numbers. */
  readonly entries: readonly (readonly [address: bigint, entryNumber: number])[];
  readonly runs: readonly CodeRun[];
}

/** Instructions that are remembered to be alone; then all are forgotten. */
const mostAlone = 1 << 14;

/** Puts regions into the code cache. */
export class RegionInstaller {
  /** Regions and instructions translated, bytes of their modules, regions taken up. */
  readonly counts = {
    regions: 0,
    translatedInstructions: 0,
    /** Those of them that are of the baseline tier. */
    baselineRegions: 0,
    baselineInstructions: 0,
    translatedBytes: 0,
    keptRegions: 0,
  };
  readonly #options: RegionInstallerOptions;
  readonly #imports: WebAssembly.Imports;
  readonly #kept: KeptRegions | undefined;
  /** Addresses of instructions whose accesses are looked up, each on its own. */
  readonly #alone = new Set<number>();
  #recorder: Recorder | undefined;

  constructor(options: RegionInstallerOptions) {
    const { isa, memory, host, code, translations } = options;
    this.#options = options;
    this.#imports = {
      env: { memory: memory.memory },
      ...floatImports(() => rowsFloatPolicy(isa)),
    };
    for (const pc of translations?.profile?.alone ?? []) this.#alone.add(pc);
    host.regions.prepare();
    if (!translations || translations.modules.length === 0) return;
    const kept = new KeptRegions(translations, {
      host: this.#host(),
      imports: this.#imports,
      codeAt: (address, lengthBytes) => code.bytesAt(address, lengthBytes),
    });
    this.#kept = kept;
    host.regions.onPage = (page) => {
      for (const entry of kept.entriesIn(page)) host.regions.mark(entry);
    };
  }

  /** What the code of baseline regions is copied from. */
  get recorder(): Recorder {
    const { isa, host } = this.#options;
    this.#recorder ??= new Recorder(isa, host.regions.places);
    return this.#recorder;
  }

  /** Translates baseline regions into one module and enters them into the cache. */
  installBaseline(regions: readonly CodeRegion[]): BaselineModule {
    const { isa, memory, host } = this.#options;
    const { addressWidth } = isa;
    const made = baselineModule(
      regions,
      memory.memory.buffer,
      {
        isa,
        places: host.regions.places,
        recorder: this.recorder,
        pieceBytes: host.regions.predecoded.pieceBytes,
        isAlone: (pc) => this.#alone.has(pc),
      },
      floatPolicyOf(isa),
    );
    const parts = made.regions.map(({ region, entries, exportName }): RegionPart => {
      const { pages, parcelBytes, instructionCount } = region;
      return {
        tier: "baseline",
        exportName,
        instructionCount,
        entries: entries.map(([address, number]) => [toAddress(address, addressWidth), number]),
        runs: pages.map(({ address, first, last, rows }) => ({
          address: toAddress(address + first * parcelBytes, addressWidth),
          sizeBytes: (last - first + (rows[last]?.parcels ?? 1)) * parcelBytes,
        })),
      };
    });
    this.#enter(made.builder.toBytes(), parts);
    return made;
  }

  /** Translates regions into one module and enters them into the cache. */
  install(regions: readonly Region[]): RegionModule {
    const { isa, host } = this.#options;
    const made = regionModule(regions, {
      isa,
      places: host.regions.places,
      floatPolicy: floatPolicyOf(isa),
      isAlone: ({ pc }) => this.#alone.has(pc),
    });
    const parts = regions.map((region, index): RegionPart => {
      const entries = region.entries.map((block, entryNumber): [bigint, number] => [
        toAddress(region.blocks[block]?.pc ?? 0, isa.addressWidth),
        entryNumber,
      ]);
      return {
        tier: "optimised",
        exportName: regionName(index),
        instructionCount: region.instructionCount,
        entries,
        runs: runsOf(region, isa.addressWidth),
      };
    });
    this.#enter(made.builder.toBytes(), parts);
    return made;
  }

  #enter(wasm: Uint8Array<ArrayBuffer>, parts: readonly RegionPart[]): void {
    const { memory, cache, translations } = this.#options;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), this.#imports);
    const kept: KeptRegion[] = [];
    const { counts } = this;
    for (const { tier, exportName, instructionCount, entries, runs } of parts) {
      const run = exports[exportName];
      if (run === undefined) continue;
      const spans = this.#spansOf(runs);
      const code = codeOf(runs, spans, memory.memory);
      for (const [entry, entryNumber] of entries) {
        // A loop that has a region of its own keeps it.
        const isOther = tier === "optimised" && entryNumber > 0 && cache.has(entry);
        if (!isOther) cache.add({ entry, entryNumber, instructionCount, runs, spans, run });
        kept.push({ pc: entry, entryNumber, exportName, instructionCount, code });
      }
      counts.regions += 1;
      counts.translatedInstructions += instructionCount;
      if (tier === "optimised") continue;
      counts.baselineRegions += 1;
      counts.baselineInstructions += instructionCount;
    }
    counts.translatedBytes += wasm.length;
    translations?.add({ host: this.#host(), wasm, regions: kept });
  }

  /** Whether an earlier run has made a region for an address, for whatever code. */
  isKept(entry: bigint): boolean {
    return this.#kept?.has(entry) ?? false;
  }

  /** Takes up the region that an earlier run has made for an address, if it fits. */
  takeUp(entry: bigint): boolean {
    const found = this.#kept?.find(entry);
    if (!found) return false;
    const { region, run } = found;
    const runs = region.code.map(({ address, bytes }) => ({ address, sizeBytes: bytes.length }));
    for (const breakpoint of this.#options.host.breakpoints) {
      if (runs.some((code) => isWithin(breakpoint, code))) return false;
    }
    const { entryNumber, instructionCount } = region;
    const spans = this.#spansOf(runs);
    this.#options.cache.add({ entry, entryNumber, instructionCount, runs, spans, run });
    this.counts.keptRegions += 1;
    return true;
  }

  /**
   * Has an instruction's accesses looked up, each on its own, from now on: regions with it are
   * translated again when they are hot.
   */
  separate(address: bigint): void {
    const pc = toNumber(address);
    if (this.#alone.has(pc)) return;
    if (this.#alone.size >= mostAlone) this.#alone.clear();
    this.#alone.add(pc);
    const { cache, translations } = this.#options;
    const gone = cache.removeAt(address);
    for (const entry of this.#kept?.discard(address) ?? []) gone.add(entry);
    translations?.forget?.(gone);
  }

  /** The instructions that were separated. */
  alone(): readonly number[] {
    return [...this.#alone];
  }

  /** What translated code takes for granted of this engine. */
  #host(): string {
    return JSON.stringify(this.#options.host.regions.places);
  }

  #spansOf(runs: Iterable<CodeRun>): readonly CodeSpan[] {
    const { isa, code } = this.#options;
    return spansOf(runs, isa.addressWidth, (address) => code.frameOf(toNumber(address)));
  }
}

function isWithin(at: bigint, { address, sizeBytes }: CodeRun): boolean {
  return address <= at && at < address + BigInt(sizeBytes);
}
