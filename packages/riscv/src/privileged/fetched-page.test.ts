/** The page of an instruction is remembered only as long as no fence says otherwise. */
import type { HartHost, PhysicalMemory } from "@isovm/isa-spec";
import { expect, it } from "vitest";
import { AddressTranslation, type SharedTranslation } from "./address-translation.ts";
import { LargePages } from "./large-pages.ts";
import { MemoryProtection } from "./memory-protection.ts";
import { Mode } from "./modes.ts";

const sv39 = 8n << 60n;
/** Valid, readable, executable, accessed, dirty. */
const leaf = 0xcb;
const address = 0x5000n;

/** Harts of one machine, with tables in which the page of `address` lies at page `frame`. */
function harts(count: number) {
  const words = new Map<number, number>();
  const map = (frame: number): void => {
    words.set(0x1000, (0x2 << 10) | 1);
    words.set(0x2000, (0x3 << 10) | 1);
    words.set(0x3000 + 8 * 5, (frame << 10) | leaf);
  };
  const physical = {
    load32: (at: number) => words.get(at) ?? 0,
    store32: () => true,
  } as unknown as PhysicalMemory;
  const shared: SharedTranslation = { largePages: new LargePages(), settings: new Map() };
  const translations = Array.from({ length: count }, (_, index) => {
    const protection = new MemoryProtection(54);
    protection.openAll();
    const host = { index, physical, flush: () => {} } as unknown as HartHost;
    const made = new AddressTranslation(64, host, protection, shared);
    made.writeRoot(sv39 | 1n);
    made.configure(true, false);
    made.refresh(Mode.supervisor, 0);
    return made;
  });
  return { map, translations };
}

it.each([
  ["its own fence for the address", 0, address],
  ["its own fence for all addresses", 0, undefined],
  ["another hart's fence for the address", 1, address],
  ["another hart's fence for all addresses", 1, undefined],
])("is looked up anew after %s", (_, hart, fenced) => {
  const { map, translations } = harts(2);
  const [first] = translations;
  map(7);
  expect(first?.fetched(address + 4n)).toBe(0x7004);
  map(9);
  // Until then the old one may be used, and a fence for another page changes nothing.
  translations[hart]?.flush(0x8000n, undefined);
  expect(first?.fetched(address)).toBe(0x7000);
  translations[hart]?.flush(fenced, undefined);
  expect(first?.fetched(address + 4n)).toBe(0x9004);
});

it("is that of the hart's own mode, root and settings", () => {
  const { map, translations } = harts(2);
  const [first, second] = translations;
  map(7);
  expect(first?.fetched(address)).toBe(0x7000);
  map(9);
  expect(second?.fetched(address)).toBe(0x9000);
  for (const change of [() => first?.writeRoot(sv39 | 1n), () => first?.configure(true, true)]) {
    map(7);
    change();
    first?.refresh(Mode.supervisor, 0);
    expect(first?.fetched(address)).toBe(0x7000);
    map(9);
    first?.refresh(Mode.machine, 0);
    expect(first?.fetched(address)).toBe(0x5000);
    first?.refresh(Mode.supervisor, 0);
    expect(first?.fetched(address)).toBe(0x9000);
  }
});
