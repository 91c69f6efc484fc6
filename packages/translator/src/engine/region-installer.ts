/** Makes regions executable: as modules of their own, or from translations that were kept. */
import type { EngineMemory, Isa, RegionHost } from "@isovm/isa-spec";
import { floatImports, floatPolicyOf, rowsFloatPolicy } from "@isovm/wasm";
import { toAddress, toNumber } from "../region/address.ts";
import type { GuestCode } from "../region/guest-code.ts";
import { type RegionModule, regionModule, regionName } from "../region/module.ts";
import type { Region } from "../region/region.ts";
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

/** Instructions that are remembered to be alone; then all are forgotten. */
const mostAlone = 1 << 14;

/** Puts regions into the code cache. */
export class RegionInstaller {
  /** Regions and instructions translated, bytes of their modules, regions taken up. */
  readonly counts = { regions: 0, translatedInstructions: 0, translatedBytes: 0, keptRegions: 0 };
  readonly #options: RegionInstallerOptions;
  readonly #imports: WebAssembly.Imports;
  readonly #kept: KeptRegions | undefined;
  /** Addresses of instructions whose accesses are looked up, each on its own. */
  readonly #alone = new Set<number>();

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

  /** Translates regions into one module and enters them into the cache. */
  install(regions: readonly Region[]): RegionModule {
    const { isa, memory, host, cache, translations } = this.#options;
    const made = regionModule(regions, {
      isa,
      places: host.regions.places,
      floatPolicy: floatPolicyOf(isa),
      isAlone: ({ pc }) => this.#alone.has(pc),
    });
    const wasm = made.builder.toBytes();
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), this.#imports);
    const kept: KeptRegion[] = [];
    regions.forEach((region, index) => {
      const exportName = regionName(index);
      const run = exports[exportName];
      if (run === undefined) return;
      const { instructionCount } = region;
      const entry = toAddress(region.entry, isa.addressWidth);
      const runs = runsOf(region, isa.addressWidth);
      const spans = this.#spansOf(runs);
      cache.add({ entry, instructionCount, runs, spans, run });
      const code = codeOf(runs, spans, memory.memory);
      kept.push({ pc: entry, exportName, instructionCount, code });
      this.counts.regions += 1;
      this.counts.translatedInstructions += instructionCount;
    });
    this.counts.translatedBytes += wasm.length;
    translations?.add({ host: this.#host(), wasm, regions: kept });
    return made;
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
    const { instructionCount } = region;
    this.#options.cache.add({ entry, instructionCount, runs, spans: this.#spansOf(runs), run });
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
