/** What a TLB miss, a page fault and a system call's copy cost: `npx vitest bench --project machine`. */
import { PAGE_SIZE } from "@isovm/abi";
import { bench, describe } from "vitest";
import { GuestMemory } from "./guest-memory.ts";

const BASE = 0xc000000000;
const PAGES = 16384;
const memory = new GuestMemory();
const space = memory.create(2 ** 47);
space.map({ start: BASE, length: PAGES * PAGE_SIZE, protection: 3 });
for (let page = 0; page < PAGES; page++) space.storeU8(BASE + page * PAGE_SIZE, 1);
memory.engine.switchTo(space);
const scattered = Array.from({ length: 1000 }, (_, page) => BASE + ((page * 7919) % PAGES) * 4096);
const scatteredBigints = scattered.map(BigInt);
const mebibyte = new Uint8Array(2 ** 20);
const line = new Uint8Array(64);

describe("1000 accesses spread over 64 MiB", () => {
  bench("translate", () => {
    for (const address of scatteredBigints) memory.engine.translate(address, "read");
  });
  bench("loadU32", () => {
    for (const address of scattered) space.loadU32(address);
  });
  bench("storeU64", () => {
    for (const address of scattered) space.storeU64(address, 5n);
  });
  bench("accessible and read of 64 bytes", () => {
    for (const address of scattered) {
      space.accessible(address, 64, "read");
      space.read(address, 64);
    }
  });
  bench("write of 64 bytes", () => {
    for (const address of scattered) space.write(address, line);
  });
});

describe("1 MiB", () => {
  bench("write", () => space.write(BASE + 8, mebibyte));
  bench("readInto", () => space.readInto(BASE + 8, mebibyte));
  bench("a plain copy into the linear memory", () => {
    new Uint8Array(memory.engine.memory.buffer).set(mebibyte, 2 ** 22);
  });
});

describe("64 MiB", () => {
  bench("fork and exit", () => space.fork().dispose());
  bench("fork, write to each page, exit", () => {
    const child = space.fork();
    for (let page = 0; page < PAGES; page++) child.storeU8(BASE + page * PAGE_SIZE, 2);
    child.dispose();
  });
});
