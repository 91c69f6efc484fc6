/**
 * What an address space means, without frames, tables or regions: one object a page. The property
 * tests hold {@link ProcessAddressSpace} against it.
 */
import { type FaultReason, PAGE_SIZE, Protection } from "@isovm/abi";

/** The bytes of one page of a file or of shared memory, which all who map it see. */
export interface SharedCell {
  bytes: Uint8Array;
  readonly beyondSource: boolean;
}

/** A mapped page. Private pages own their bytes once written; until then they show the cell or zeros. */
export interface ModelPage {
  protection: number;
  readonly shared: boolean;
  readonly cell: SharedCell | undefined;
  own: Uint8Array | undefined;
}

const ZEROS = new Uint8Array(PAGE_SIZE);
/** Ignores protection, as `poke` does. */
export const ANY = 0;

/** The naive address space. */
export class ModelSpace {
  readonly pages: Map<number, ModelPage> = new Map();

  fork(): ModelSpace {
    const copy = new ModelSpace();
    for (const [number, page] of this.pages) {
      copy.pages.set(number, { ...page, own: page.own?.slice() });
    }
    return copy;
  }

  move(from: number, to: number, count: number): void {
    const taken = Array.from({ length: count }, (_, index) => this.pages.get(from + index));
    for (let index = 0; index < count; index++) this.pages.delete(from + index);
    for (const [index, page] of taken.entries()) {
      if (page) this.pages.set(to + index, page);
      else this.pages.delete(to + index);
    }
  }

  protect(start: number, count: number, protection: number): boolean {
    for (let page = start; page < start + count; page++) if (!this.pages.has(page)) return false;
    for (let page = start; page < start + count; page++) {
      (this.pages.get(page) as ModelPage).protection = protection;
    }
    return true;
  }

  discard(start: number, count: number): void {
    for (let page = start; page < start + count; page++) {
      const found = this.pages.get(page);
      if (found) found.own = undefined;
    }
  }

  /** The first address in the range that refuses the access, and why. */
  fault(address: number, length: number, right: number): [number, FaultReason] | undefined {
    for (
      let at = address;
      at < address + length;
      at = (Math.floor(at / PAGE_SIZE) + 1) * PAGE_SIZE
    ) {
      const page = this.pages.get(Math.floor(at / PAGE_SIZE));
      if (page === undefined) return [at, "unmapped"];
      if (right !== ANY && (page.protection & right) === 0) return [at, "protection"];
      if (page.cell?.beyondSource) return [at, "beyondSource"];
    }
    return undefined;
  }

  /** Bytes of a page that no longer asks for rights. */
  content(number: number): Uint8Array {
    const page = this.pages.get(number);
    return page?.own ?? page?.cell?.bytes ?? ZEROS;
  }

  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let index = 0; index < length; index++) {
      const at = address + index;
      bytes[index] = this.content(Math.floor(at / PAGE_SIZE))[at % PAGE_SIZE] as number;
    }
    return bytes;
  }

  write(address: number, bytes: Uint8Array): void {
    // Copies come before stores: a range may hold a file's page shared and privately.
    for (const index of bytes.keys()) {
      const number = Math.floor((address + index) / PAGE_SIZE);
      const page = this.pages.get(number);
      if (page && !page.shared) page.own ??= this.content(number).slice();
    }
    for (const [index, value] of bytes.entries()) {
      const at = address + index;
      const page = this.pages.get(Math.floor(at / PAGE_SIZE));
      if (page === undefined) throw new Error(`the model has no page at ${at}`);
      if (page.shared && page.cell) page.cell.bytes[at % PAGE_SIZE] = value;
      else if (page.own) page.own[at % PAGE_SIZE] = value;
    }
  }

  /** Start page of the highest gap of `count` pages in `[lowest, highest)`. */
  findFree(count: number, lowest: number, highest: number): number | undefined {
    for (let start = highest - count; start >= lowest; start--) {
      let page = start;
      while (page < start + count && !this.pages.has(page)) page++;
      if (page === start + count) return start;
    }
    return undefined;
  }
}

/** All that a page's protection can be. */
export const protections: readonly number[] = [
  Protection.none,
  Protection.read,
  Protection.write,
  Protection.read | Protection.write,
  Protection.read | Protection.execute,
  Protection.read | Protection.write | Protection.execute,
];
