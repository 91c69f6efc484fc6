/** What is kept of translated code: modules of regions, and the guest code that each was made from. */
import { IsovmError } from "@isovm/isa-spec";
import { isSameBytes } from "./bytes.ts";

/** Bytes of guest code at a virtual address. */
export interface KeptCode {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** A region of a kept module. */
export interface KeptRegion {
  /** Guest address of its entry. */
  readonly pc: bigint;
  /** The number that its function is given for that entry. */
  readonly entryNumber: number;
  /** Name of its function among the module's exports. */
  readonly exportName: string;
  /** Guest instructions in it. */
  readonly instructionCount: number;
  /**
   * The guest code that it was made from, as runs of bytes. A machine compares all of it with its
   * own memory before it uses the region.
   */
  readonly code: readonly KeptCode[];
}

/** A module of translated regions: its bytes, and everything that is needed to see whether it fits. */
export interface KeptModule {
  /**
   * What it takes for granted of the engine that calls it, such as places in linear memory: an engine
   * uses it where its own text is the same.
   */
  readonly host: string;
  /** A WebAssembly binary. */
  readonly wasm: Uint8Array;
  /** One for each of its functions that can be entered. */
  readonly regions: readonly KeptRegion[];
}

/** A module that can't be kept: a machine would use it where it doesn't fit, or not at all. */
export class KeptModuleError extends IsovmError<{ exportName: string }> {}

const maxAddress = 2n ** 64n - 1n;
const maxTextBytes = 2 ** 16 - 1;
/** A UTF-16 unit takes at most three bytes of UTF-8. */
const bytesOfUnit = 3;

/**
 * Checks that every region has an entry that its code covers, as a region without code would fit
 * everywhere.
 *
 * @throws KeptModuleError
 */
export function checkKeptModule({ host, regions }: KeptModule): void {
  if (host.length * bytesOfUnit > maxTextBytes) {
    throw new KeptModuleError("what a module expects of its host is too long", { exportName: "" });
  }
  for (const region of regions) {
    const { exportName } = region;
    if (!coversEntry(region)) {
      throw new KeptModuleError("a region's code doesn't cover its entry", { exportName });
    }
    if (exportName.length * bytesOfUnit > maxTextBytes) {
      throw new KeptModuleError("an export's name is too long", { exportName });
    }
  }
}

/** Whether a region's code is where code can be, and its entry in it. */
export function coversEntry({ pc, code }: KeptRegion): boolean {
  const runs = code.map(({ address, bytes }) => ({ address, end: address + BigInt(bytes.length) }));
  return (
    runs.every(({ address, end }) => address >= 0n && address < end && end - 1n <= maxAddress) &&
    runs.some(({ address, end }) => address <= pc && pc < end)
  );
}

/**
 * The modules without regions that a later module has, too: made anew, or by two processes at the
 * same time. The last one stays; modules of which nothing is left are left out.
 */
export function withoutRepetitions(modules: readonly KeptModule[]): KeptModule[] {
  const known = new Map<bigint, { readonly host: string; readonly region: KeptRegion }[]>();
  const kept: KeptModule[] = [];
  for (const module of modules.toReversed()) {
    const { host } = module;
    const regions = module.regions.filter((region) => {
      const others = known.get(region.pc) ?? [];
      const isKnown = others.some(
        (other) => other.host === host && isSameRegion(region, other.region),
      );
      if (!isKnown) known.set(region.pc, [...others, { host, region }]);
      return !isKnown;
    });
    if (regions.length === module.regions.length) kept.push(module);
    else if (regions.length > 0) kept.push({ ...module, regions });
  }
  return kept.filter(({ regions }) => regions.length > 0).reverse();
}

/** The modules without the regions that begin at some addresses. */
export function withoutEntries(
  modules: readonly KeptModule[],
  entries: ReadonlySet<bigint>,
): KeptModule[] {
  return modules.flatMap((module) => {
    const regions = module.regions.filter(({ pc }) => !entries.has(pc));
    if (regions.length === module.regions.length) return [module];
    return regions.length > 0 ? [{ ...module, regions }] : [];
  });
}

/** Whether two regions with one entry translate the same guest code. */
function isSameRegion(one: KeptRegion, other: KeptRegion): boolean {
  return (
    one.code.length === other.code.length &&
    one.code.every((run, index) => {
      const counterpart = other.code[index];
      return (
        counterpart !== undefined &&
        run.address === counterpart.address &&
        isSameBytes(run.bytes, counterpart.bytes)
      );
    })
  );
}

/** What modules take in an image, about, in bytes. */
export function keptBytes(modules: readonly KeptModule[]): number {
  let bytes = 0;
  for (const { host, wasm, regions } of modules) {
    bytes += host.length + wasm.length + 10;
    for (const { exportName, code } of regions) {
      bytes += exportName.length + 18;
      for (const run of code) bytes += run.bytes.length + 12;
    }
  }
  return bytes;
}

/** As many modules as a limit allows, those with preferred binaries first, in the order that they had. */
export function withinLimit(
  modules: readonly KeptModule[],
  preferred: ReadonlySet<Uint8Array>,
  limitBytes: number,
): KeptModule[] {
  const kept = new Set<KeptModule>();
  let leftBytes = limitBytes;
  for (const isPreferred of [true, false]) {
    for (const module of modules) {
      if (preferred.has(module.wasm) !== isPreferred) continue;
      const bytes = keptBytes([module]);
      if (bytes > leftBytes) continue;
      leftBytes -= bytes;
      kept.add(module);
    }
  }
  return modules.filter((module) => kept.has(module));
}
