/**
 * A simple address space for tests: regions in an array, pages in a map, everything copied eagerly.
 */
import type {
  Access,
  AddressSpace,
  AddressSpaceProvider,
  FindFreeOptions,
  MapRequest,
  PageSource,
  Region,
} from "../address-space.ts";
import { GuestFault, PAGE_SIZE, Protection } from "../address-space.ts";

interface FakeRegion extends Region {
  readonly visibleEnd: number;
}

type Pages = Map<number, Uint8Array>;

const needed: Readonly<Record<Access, number>> = {
  read: Protection.read,
  write: Protection.write,
  execute: Protection.execute,
};

/** The memory of one fake process. */
export class FakeAddressSpace implements AddressSpace {
  readonly limit: number;
  readonly #provider: FakeAddressSpaces;
  #regions: FakeRegion[] = [];
  #pages: Pages = new Map();

  constructor(provider: FakeAddressSpaces, limit: number) {
    this.limit = limit;
    this.#provider = provider;
  }

  get residentBytes(): number {
    return this.#pages.size * PAGE_SIZE;
  }

  get mappedBytes(): number {
    return this.#regions.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  map(request: MapRequest): void {
    const { start, length, protection, source, sourceOffset = 0, sourceLength } = request;
    this.unmap(start, length);
    this.#regions.push({
      start,
      end: start + length,
      protection,
      shared: request.shared ?? false,
      source,
      sourceOffset,
      name: request.name,
      visibleEnd: sourceOffset + (sourceLength ?? Number.POSITIVE_INFINITY),
    });
    this.#regions.sort((a, b) => a.start - b.start);
  }

  unmap(start: number, length: number): void {
    this.sync(start, length);
    this.#replace(start, length, () => undefined);
    for (const page of [...this.#pages.keys()]) {
      if (page >= start && page < start + length) this.#pages.delete(page);
    }
  }

  protect(start: number, length: number, protection: number): boolean {
    for (let at = start; at < start + length; ) {
      const region = this.regionAt(at);
      if (region === undefined) return false;
      at = region.end;
    }
    this.#replace(start, length, (region) => ({ ...region, protection }));
    return true;
  }

  discard(start: number, length: number): void {
    for (const page of [...this.#pages.keys()]) {
      if (page >= start && page < start + length) this.#pages.delete(page);
    }
  }

  move(from: number, to: number, length: number): void {
    const moved = [...this.#pages].filter(([page]) => page >= from && page < from + length);
    const regions = this.#clip(from, length);
    this.unmap(from, length);
    for (const region of regions) {
      this.map({ ...region, start: region.start - from + to, length: region.end - region.start });
    }
    for (const [page, bytes] of moved) this.#pages.set(page - from + to, bytes);
  }

  sync(start: number, length: number): void {
    for (const region of this.#clip(start, length)) {
      if (!region.shared || region.source?.write === undefined) continue;
      for (let page = region.start; page < region.end; page += PAGE_SIZE) {
        const offset = region.sourceOffset + page - region.start;
        const bytes = this.#provider.shared(region.source).get(offset);
        if (bytes !== undefined) region.source.write(offset, bytes);
      }
    }
  }

  regions(): Iterable<Region> {
    return this.#regions;
  }

  regionAt(address: number): FakeRegion | undefined {
    return this.#regions.find(({ start, end }) => start <= address && address < end);
  }

  findFree(
    length: number,
    { lowest, highest, alignment = PAGE_SIZE }: FindFreeOptions,
  ): number | undefined {
    let end = Math.min(highest, this.limit);
    for (const region of [...this.#regions].reverse()) {
      if (region.start >= end) continue;
      const start = Math.floor((end - length) / alignment) * alignment;
      if (start >= Math.max(lowest, region.end)) return start;
      end = Math.min(end, region.start);
    }
    const start = Math.floor((end - length) / alignment) * alignment;
    return start >= lowest ? start : undefined;
  }

  fork(): FakeAddressSpace {
    const copy = new FakeAddressSpace(this.#provider, this.limit);
    copy.#regions = [...this.#regions];
    copy.#pages = new Map([...this.#pages].map(([page, bytes]) => [page, bytes.slice()]));
    return copy;
  }

  dispose(): void {
    this.sync(0, this.limit);
    this.#regions = [];
    this.#pages.clear();
  }

  accessible(address: number, length: number, access: Access): number {
    let count = 0;
    while (count < length) {
      const region = this.regionAt(address + count);
      if (region === undefined || (region.protection & needed[access]) === 0) break;
      count = Math.min(length, region.end - address);
    }
    return count;
  }

  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.readInto(address, bytes);
    return bytes;
  }

  readInto(address: number, target: Uint8Array): void {
    this.#check(address, target.length, "read");
    this.#each(address, target.length, (page, offset, done, count) => {
      target.set(page.subarray(offset, offset + count), done);
    });
  }

  write(address: number, bytes: Uint8Array): void {
    this.#check(address, bytes.length, "write");
    this.poke(address, bytes);
  }

  poke(address: number, bytes: Uint8Array): void {
    this.#each(address, bytes.length, (page, offset, done, count) => {
      page.set(bytes.subarray(done, done + count), offset);
    });
  }

  loadU8(address: number): number {
    return this.#view(address, 1).getUint8(0);
  }
  loadU16(address: number): number {
    return this.#view(address, 2).getUint16(0, true);
  }
  loadU32(address: number): number {
    return this.#view(address, 4).getUint32(0, true);
  }
  loadU64(address: number): bigint {
    return this.#view(address, 8).getBigUint64(0, true);
  }
  storeU8(address: number, value: number): void {
    this.write(address, Uint8Array.of(value));
  }
  storeU16(address: number, value: number): void {
    this.write(address, new Uint8Array(Uint16Array.of(value).buffer));
  }
  storeU32(address: number, value: number): void {
    this.write(address, new Uint8Array(Uint32Array.of(value).buffer));
  }
  storeU64(address: number, value: bigint): void {
    this.write(address, new Uint8Array(BigUint64Array.of(value).buffer));
  }

  #view(address: number, length: number): DataView {
    return new DataView(this.read(address, length).buffer);
  }

  #check(address: number, length: number, access: Access): void {
    const count = this.accessible(address, length, access);
    if (count < length) {
      const reason = this.regionAt(address + count) === undefined ? "unmapped" : "protection";
      throw new GuestFault(address + count, access, reason);
    }
  }

  #each(
    address: number,
    length: number,
    visit: (page: Uint8Array, offset: number, done: number, count: number) => void,
  ): void {
    for (let done = 0; done < length; ) {
      const offset = (address + done) % PAGE_SIZE;
      const count = Math.min(PAGE_SIZE - offset, length - done);
      visit(this.#page(address + done - offset), offset, done, count);
      done += count;
    }
  }

  #page(start: number): Uint8Array {
    const region = this.regionAt(start);
    if (region === undefined) throw new GuestFault(start, "read", "unmapped");
    const offset = region.sourceOffset + start - region.start;
    const isShared = region.shared && region.source !== undefined;
    const pages = isShared && region.source ? this.#provider.shared(region.source) : this.#pages;
    const key = isShared ? offset : start;
    let page = pages.get(key);
    if (page === undefined) {
      page = new Uint8Array(PAGE_SIZE);
      if (region.source !== undefined && offset < region.visibleEnd) {
        if (offset >= region.source.sizeBytes) throw new GuestFault(start, "read", "beyondSource");
        region.source.read(offset, page.subarray(0, region.visibleEnd - offset));
      }
      pages.set(key, page);
    }
    return page;
  }

  #clip(start: number, length: number): FakeRegion[] {
    const end = start + length;
    return this.#regions
      .filter((region) => region.start < end && region.end > start)
      .map((region) => {
        const from = Math.max(region.start, start);
        return {
          ...region,
          start: from,
          end: Math.min(region.end, end),
          sourceOffset: region.sourceOffset + from - region.start,
        };
      });
  }

  #replace(
    start: number,
    length: number,
    change: (region: FakeRegion) => FakeRegion | undefined,
  ): void {
    const end = start + length;
    const next: FakeRegion[] = [];
    for (const region of this.#regions) {
      if (region.end <= start || region.start >= end) {
        next.push(region);
        continue;
      }
      if (region.start < start) next.push({ ...region, end: start });
      if (region.end > end) {
        next.push({
          ...region,
          start: end,
          sourceOffset: region.sourceOffset + end - region.start,
        });
      }
    }
    for (const piece of this.#clip(start, length)) {
      const changed = change(piece);
      if (changed !== undefined) next.push(changed);
    }
    this.#regions = next.sort((a, b) => a.start - b.start);
  }
}

/** Makes fake address spaces. */
export class FakeAddressSpaces implements AddressSpaceProvider {
  readonly residentBytes: number = 0;
  readonly limitBytes: number = 2 ** 30;
  readonly #shared: Map<PageSource, Pages> = new Map();

  create(limit: number): FakeAddressSpace {
    return new FakeAddressSpace(this, limit);
  }

  /** The shared pages of a source, by offset. */
  shared(source: PageSource): Pages {
    let pages = this.#shared.get(source);
    if (pages === undefined) {
      pages = new Map();
      this.#shared.set(source, pages);
    }
    return pages;
  }

  invalidate(source: PageSource): void {
    this.#shared.delete(source);
  }

  syncSource(source: PageSource): void {
    for (const [offset, bytes] of this.shared(source)) source.write?.(offset, bytes);
  }
}
