/** Regions of earlier runs, by where they begin; each is checked against the guest's code before use. */
import { isSameBytes } from "./bytes.ts";
import type { KeptModule, KeptRegion } from "./kept-module.ts";
import type { Translations } from "./translations.ts";

const pageBits = 12n;

/** A kept region that fits, and its function. */
export interface FittingRegion {
  readonly region: KeptRegion;
  readonly run: WebAssembly.ExportValue;
}

/** What regions are compared and linked with. */
export interface KeptRegionsOptions {
  /** What modules have to expect of their host. */
  readonly host: string;
  readonly imports: WebAssembly.Imports;
  /** Guest code at a virtual address; fewer bytes where it can't be fetched. */
  readonly codeAt: (address: bigint, lengthBytes: number) => Uint8Array;
}

interface Candidate {
  readonly module: KeptModule;
  readonly region: KeptRegion;
}

/** Finds kept regions. Modules are compiled when the first of their regions is found to fit. */
export class KeptRegions {
  readonly #translations: Translations;
  readonly #options: KeptRegionsOptions;
  readonly #byEntry = new Map<bigint, Candidate[]>();
  readonly #byPage = new Map<bigint, Set<bigint>>();
  readonly #exports = new Map<KeptModule, WebAssembly.Exports>();

  constructor(translations: Translations, options: KeptRegionsOptions) {
    this.#translations = translations;
    this.#options = options;
    // What was made last is tried first, but a region that begins there before one with a loop there.
    const modules = translations.modules.toReversed().filter(({ host }) => host === options.host);
    for (const isFirst of [true, false]) {
      for (const module of modules) {
        for (const region of module.regions) {
          if ((region.entryNumber === 0) === isFirst) this.#note({ module, region });
        }
      }
    }
  }

  /** The entries in the page of an address. */
  entriesIn(address: bigint): Iterable<bigint> {
    return this.#byPage.get(address >> pageBits) ?? [];
  }

  /** Whether there is a region that begins at an address. */
  has(entry: bigint): boolean {
    return (this.#byEntry.get(entry)?.length ?? 0) > 0;
  }

  /** The region that begins at an address and was made from the code that is there now. */
  find(entry: bigint): FittingRegion | undefined {
    for (const candidate of this.#byEntry.get(entry) ?? []) {
      if (!this.#fits(candidate.region)) continue;
      const run = this.#exportsOf(candidate.module)?.[candidate.region.exportName];
      if (typeof run !== "function") continue;
      this.#translations.use(candidate.module);
      return { region: candidate.region, run };
    }
    return undefined;
  }

  /** Finds regions no more that have code at an address: they are to be made anew. Their entries. */
  discard(address: bigint): bigint[] {
    const entries: bigint[] = [];
    for (const [entry, candidates] of this.#byEntry) {
      const left = candidates.filter(({ region }) => !hasCodeAt(region, address));
      if (left.length === candidates.length) continue;
      this.#byEntry.set(entry, left);
      entries.push(entry);
    }
    return entries;
  }

  #note(candidate: Candidate): void {
    const { pc } = candidate.region;
    const siblings = this.#byEntry.get(pc);
    if (siblings) siblings.push(candidate);
    else this.#byEntry.set(pc, [candidate]);
    const page = pc >> pageBits;
    const entries = this.#byPage.get(page);
    if (entries) entries.add(pc);
    else this.#byPage.set(page, new Set([pc]));
  }

  #fits({ code }: KeptRegion): boolean {
    const { codeAt } = this.#options;
    return code.every(({ address, bytes }) => isSameBytes(codeAt(address, bytes.length), bytes));
  }

  /** A module's exports; none, from then on, if the host refuses it. */
  #exportsOf(module: KeptModule): WebAssembly.Exports | undefined {
    let exports = this.#exports.get(module);
    if (!exports) {
      exports = instantiate(module, this.#options.imports);
      this.#exports.set(module, exports);
    }
    return exports;
  }
}

function hasCodeAt({ code }: KeptRegion, at: bigint): boolean {
  return code.some(({ address, bytes }) => address <= at && at < address + BigInt(bytes.length));
}

function instantiate({ wasm }: KeptModule, imports: WebAssembly.Imports): WebAssembly.Exports {
  try {
    const compiled = new WebAssembly.Module(new Uint8Array(wasm));
    return new WebAssembly.Instance(compiled, imports).exports;
  } catch {
    // It is translated again then.
    return {};
  }
}
