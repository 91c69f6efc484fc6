/** A guest that makes new code for ever is translated for ever, in bounded memory. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { assemble } from "@isovm/decoder";
import { interpreter } from "@isovm/interpreter";
import type { RegionHost } from "@isovm/isa-spec";
import { rv64 } from "@isovm/riscv";
import { tiered } from "@isovm/translator";
import { describe, expect, it } from "vitest";
import { Bench } from "./bench.ts";

const isa = rv64();
const codeAt = 0x1_0000;
const madeAt = 0x10_0000;
const rounds = 2000;

/**
 * Copies a function whose first instruction differs each time to one place after the other and
 * calls it; it adds a number to the sum in a0, `rounds` times.
 */
const source = `
  _start: andi t1, s1, 0x3ff
          slli t1, t1, 20
          or t1, t1, s4
          add t2, s0, s3
          sw t1, 0(t2)
          sw s5, 4(t2)
          sw s6, 8(t2)
          sw s7, 12(t2)
          sw s8, 16(t2)
          fence.i
          mv t0, s9
          jalr t2
          addi s3, s3, 32
          and s3, s3, s10
          addi s1, s1, 1
          bne s1, s2, _start
          ecall
  made:   addi a1, zero, 0
  1:      add a0, a0, a1
          addi t0, t0, -1
          bnez t0, 1b
          ret`;

/** Has the guest make generations of code; gives the sum of what they added. */
function makeCode(bench: Bench, first: number, end: number, places: number): bigint {
  const { state } = bench.engine;
  const { bytes, symbols } = assemble(isa, source, { origin: BigInt(codeAt) });
  bench.poke(codeAt, bytes);
  const made = Number(symbols.get("made") ?? 0n) - codeAt;
  const view = new DataView(bytes.buffer, bytes.byteOffset + made);
  const set = (register: number, value: bigint | number): void =>
    state.write("x", register, BigInt(value));
  // Some functions lie in two pages, with an instruction across their border.
  set(8, madeAt + 4090);
  set(9, first);
  set(18, end);
  for (let word = 0; word < 5; word += 1) set(20 + word, view.getUint32(4 * word, true));
  set(25, rounds);
  set(26, (places - 1) * 32);
  set(10, 0);
  state.pc = BigInt(codeAt);
  let exit = bench.engine.run(1_000_000);
  while (exit.kind === "budget") exit = bench.engine.run(1_000_000);
  expect(exit.kind).toBe("effect");
  return state.read("x", 10);
}

function sumOf(first: number, end: number): bigint {
  let sum = 0;
  for (let generation = first; generation < end; generation += 1) sum += generation & 0x3ff;
  return BigInt(sum) * BigInt(rounds);
}

/** Bytes in memory after the host's garbage is collected. */
function residentBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
  collect();
  return process.memoryUsage().rss;
}

describe("a guest that makes code for ever", { timeout: 120_000 }, () => {
  it.each([
    ["over older code", 4, 5000],
    ["in new pages", 32_768, 20_000],
  ])("%s", (_, places, generations) => {
    const hosts: RegionHost[] = [];
    const engine = tiered(
      (options) => {
        const host = interpreter(options);
        hosts.push(host);
        return host;
      },
      { samplePeriod: 64, threshold: 0.1, cacheLimit: 16 },
    );
    const bench = new Bench(isa, engine);
    bench.reset([
      { start: codeAt, length: 4096, rights: 5 },
      { start: madeAt, length: 2 ** 21, rights: 7 },
    ]);
    const first = generations / 5;
    const end = first + generations;
    expect(makeCode(bench, 0, first, places)).toBe(sumOf(0, first));
    const before = residentBytes();
    expect(makeCode(bench, first, end, places)).toBe(sumOf(first, end));
    const statistics = bench.engine.statistics();
    expect(statistics.regions).toBeGreaterThanOrEqual(end);
    expect(statistics.peakCachedRegions).toBeLessThanOrEqual(16);
    expect(hosts[0]?.regions.functions.length).toBeLessThanOrEqual(18);
    // Of which what was predecoded takes some; a module takes several KiB.
    expect(residentBytes() - before).toBeLessThan(96 * 2 ** 20);
  });
});
