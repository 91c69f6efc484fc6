/** Memory protection and atomics as programs meet them: which exception, with which address. */
import { interpreter, reference } from "@isovm/interpreter";
import { describe, expect, it } from "vitest";
import { riscvSystem } from "./system.ts";
import { HartProbe, type ModeName } from "./testing/hart-probe.ts";
import { ramBase } from "./testing/test-machine.ts";

const system = riscvSystem();
/** Where the regions of the tests begin: a page of RAM, and the one behind it. */
const page = BigInt(ramBase) + 0x2_0000n;
const next = page + 4096n;
const [read, write, execute, range, natural, locked] = [1n, 2n, 4n, 8n, 0x18n, 0x80n];
/** `pmpaddr` of one page as a naturally aligned region. */
const region = (address: bigint): bigint => (address >> 2n) | 0x1ffn;

describe.each([
  ["reference", reference],
  ["interpreter", interpreter],
] as const)("memory protection of the %s engine", (_, engine) => {
  const probe = new HartProbe(system, engine);

  /** Entries from the first one on; behind them, all of memory is open to all. */
  const protect = (...entries: readonly (readonly [address: bigint, flags: bigint])[]): void => {
    probe.reset();
    probe.setRegister(`pmpaddr${entries.length}`, (1n << 54n) - 1n);
    let configurations = (read | write | execute | natural) << BigInt(8 * entries.length);
    entries.forEach(([address, flags], index) => {
      probe.setRegister(`pmpaddr${index}`, address);
      configurations |= flags << BigInt(8 * index);
    });
    probe.setRegister("pmpcfg0", configurations);
  };
  /** Whether an instruction with a1 as its address goes through; else cause and trap value. */
  const access = (text: string, address: bigint, mode: ModeName): unknown => {
    probe.enter(mode);
    probe.setInteger(11, address);
    probe.execute(text);
    return probe.wentOn || [probe.read("mcause"), probe.read("mtval")];
  };

  it("binds machine mode by locked entries, loads, stores and fetches", () => {
    protect([region(page), read | natural]);
    expect(access("sd a0, 0(a1)", page, "machine")).toBe(true);
    expect(access("sd a0, 0(a1)", page, "supervisor")).toEqual([7n, page]);
    protect([region(page), read | natural | locked]);
    expect(access("ld a0, 0(a1)", page, "machine")).toBe(true);
    expect(access("sd a0, 0(a1)", page + 8n, "machine")).toEqual([7n, page + 8n]);
    expect(access("sd a0, 0(a1)", next, "machine")).toBe(true);
    protect([region(page), locked | natural]);
    expect(access("lw a0, 0(a1)", page, "machine")).toEqual([5n, page]);
    probe.enter("machine");
    probe.setInteger(11, page);
    probe.execute("jalr x0, 0(a1)");
    expect(probe.pc).toBe(page);
    probe.machine.step();
    expect([probe.read("mcause"), probe.read("mtval")]).toEqual([1n, page]);
  });

  it("doesn't match with a range whose end isn't above its beginning", () => {
    for (const end of [page, page - 4096n]) {
      protect([page >> 2n, 0n], [end >> 2n, range]);
      expect(access("ld a0, 0(a1)", page, "user")).toBe(true);
      expect(access("ld a0, 0(a1)", end, "user")).toBe(true);
    }
    protect([page >> 2n, 0n], [next >> 2n, range]);
    expect(access("ld a0, 0(a1)", page, "user")).toEqual([5n, page]);
    expect(access("ld a0, 0(a1)", page - 8n, "user")).toBe(true);
    expect(access("ld a0, 0(a1)", next, "user")).toBe(true);
  });

  it("refuses an access of which it allows a part, and nothing of it is done", () => {
    protect([region(next), read | natural]);
    const { memory } = probe.machine;
    memory.write(Number(next) - 8, new Uint8Array(16).fill(0x55));
    probe.setInteger(10, 0n);
    expect(access("sd a0, 0(a1)", next - 4n, "supervisor")).toEqual([7n, next]);
    expect(memory.read(Number(next) - 8, 16)).toEqual(new Uint8Array(16).fill(0x55));
    protect([region(next), natural]);
    expect(access("ld a0, 0(a1)", next - 2n, "supervisor")).toEqual([5n, next]);
    expect(access("ld a0, 0(a1)", next - 8n, "supervisor")).toBe(true);
  });

  it("looks at what MPP may, with MPRV, for loads and stores", () => {
    protect([region(page), natural]);
    expect(access("ld a0, 0(a1)", page, "machine")).toBe(true);
    for (const mode of [0n, 1n]) {
      probe.setRegister("mstatus", (1n << 17n) | (mode << 11n));
      expect(access("ld a0, 0(a1)", page, "machine")).toEqual([5n, page]);
      probe.setRegister("mstatus", 0n);
    }
    probe.setRegister("mstatus", (1n << 17n) | (3n << 11n));
    expect(access("ld a0, 0(a1)", page, "machine")).toBe(true);
  });

  it("of page tables turns a page fault into an access fault", () => {
    protect([region(page), natural]);
    probe.setRegister("satp", (8n << 60n) | (page >> 12n));
    // Fetches of supervisor mode would be translated, too.
    probe.setRegister("mstatus", (1n << 17n) | (1n << 11n));
    expect(access("ld a0, 0(a1)", 0x1000n, "machine")).toEqual([5n, 0x1000n]);
    probe.setRegister("mstatus", (1n << 17n) | (1n << 11n));
    expect(access("sd a0, 0(a1)", 0x1000n, "machine")).toEqual([7n, 0x1000n]);
  });

  it("and page tables make stores of atomics fault as stores, and load-reserved as a load", () => {
    protect([region(page), read | natural]);
    expect(access("lr.d a0, (a1)", page, "supervisor")).toBe(true);
    expect(access("sc.d a0, a2, (a1)", page, "supervisor")).toEqual([7n, page]);
    expect(access("amoswap.d a0, a2, (a1)", page, "supervisor")).toEqual([7n, page]);
    protect();
    probe.setRegister("satp", (8n << 60n) | (page >> 12n));
    const { memory } = probe.machine;
    // A gibibyte at 0 that can be read only, and was accessed.
    memory.store32(Number(page), ((ramBase >>> 12) << 10) | 0x43);
    memory.store32(Number(page) + 4, 0);
    const faults = (text: string, address: bigint): unknown => {
      probe.setRegister("mstatus", (1n << 17n) | (1n << 11n));
      probe.setInteger(10, 7n);
      const result = access(text, address, "machine");
      return result === true ? true : [...(result as bigint[]), probe.read(10)];
    };
    expect(faults("lr.w a0, (a1)", 0x2_0000n)).toBe(true);
    expect(faults("lr.w a0, (a1)", 1n << 30n)).toEqual([13n, 1n << 30n, 7n]);
    expect(faults("sc.w a0, a2, (a1)", 0x2_0000n)).toEqual([15n, 0x2_0000n, 7n]);
    expect(faults("amoor.w a0, a2, (a1)", 0x2_0000n)).toEqual([15n, 0x2_0000n, 7n]);
    expect(faults("amoor.w a0, a2, (a1)", 1n << 30n)).toEqual([15n, 1n << 30n, 7n]);
    // Misaligned, it is an exception of its own, or an access fault, whatever the page says.
    expect(faults("amoor.w a0, a2, (a1)", 0x2_0002n)).toEqual([6n, 0x2_0002n, 7n]);
    expect(faults("lr.w a0, (a1)", 0x2_0002n)).toEqual([4n, 0x2_0002n, 7n]);
  });
});
