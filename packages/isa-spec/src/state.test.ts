/** Registers by name over bytes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { layoutState } from "./layout.ts";
import { RegisterError, StateBlock } from "./state.ts";

const definitions = [
  { name: "x", count: 32, width: 64, zero: 0 },
  { name: "flag", count: 1, width: 1 },
  { name: "byte", count: 4, width: 7 },
  { name: "word", count: 3, width: 32 },
  { name: "odd", count: 3, width: 33 },
  { name: "vector", count: 4, width: 256, zero: 3 },
  { name: "extended", count: 8, width: 80 },
];
const layout = layoutState(definitions);

const block = (): StateBlock => {
  const buffer = new ArrayBuffer(layout.sizeBytes + 64);
  return new StateBlock(layout, () => buffer, 64);
};

const registers = definitions.flatMap(({ name, count, width, zero }) =>
  Array.from({ length: count }, (_, register) => ({
    name,
    register,
    width,
    zero: zero === register,
  })),
);

describe("a state", () => {
  it("holds in every register what was written there last, cut to its width", () => {
    const writes = fc.array(fc.tuple(fc.nat(registers.length - 1), fc.bigInt()), { maxLength: 60 });
    fc.assert(
      fc.property(writes, (list) => {
        const state = block();
        const expected = new Map<number, bigint>();
        for (const [index, value] of list) {
          const { name, register, width, zero } = registers[index] ?? {
            name: "",
            register: 0,
            width: 0,
            zero: true,
          };
          state.write(name, register, value);
          expected.set(index, zero ? 0n : BigInt.asUintN(width, value));
        }
        registers.forEach(({ name, register }, index) => {
          expect(state.read(name, register)).toBe(expected.get(index) ?? 0n);
        });
        expect([state.pc, state.reservation]).toEqual([0n, undefined]);
      }),
    );
  });

  it("isn't changed by a write to a register that is hard-wired to zero", () => {
    const state = block();
    const before = state.save();
    state.write("x", 0, -1n);
    state.write("vector", 3, -1n);
    expect(state.save()).toEqual(before);
  });

  it("has a program counter of 64 bits, whatever registers hold", () => {
    const state = block();
    state.pc = 0xffff_ffff_ffff_fffen;
    state.write("x", 1, -1n);
    expect(state.pc).toBe(0xffff_ffff_ffff_fffen);
  });

  it("has a reservation or none, of any address", () => {
    const state = block();
    expect(state.reservation).toBeUndefined();
    state.reservation = 0n;
    expect(state.reservation).toBe(0n);
    state.reservation = 0xffff_ffff_ffff_fff8n;
    expect(state.reservation).toBe(0xffff_ffff_ffff_fff8n);
    state.reservation = undefined;
    expect(state.reservation).toBeUndefined();
  });

  it("is kept as a copy, and put back whole", () => {
    const state = block();
    state.write("vector", 1, 1n << 255n);
    state.pc = 0x1000n;
    state.reservation = 8n;
    const saved = state.save();
    state.write("vector", 1, 0n);
    state.pc = 4n;
    state.reservation = undefined;
    const other = block();
    other.load(saved);
    expect([other.read("vector", 1), other.pc, other.reservation]).toEqual([
      1n << 255n,
      0x1000n,
      8n,
    ]);
    expect(state.pc).toBe(4n);
    expect(() => state.load(saved.subarray(1))).toThrow(RegisterError);
  });

  it("follows its memory when that grows", () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    const state = new StateBlock(layout, () => memory.buffer, 16);
    state.write("x", 5, 7n);
    memory.grow(1);
    expect(state.read("x", 5)).toBe(7n);
    state.pc = 12n;
    expect(new DataView(memory.buffer).getBigUint64(16 + layout.pcOffset, true)).toBe(12n);
  });

  it.each([
    ["y", 0],
    ["x", 32],
    ["x", -1],
    ["flag", 1],
  ])("has no register %s %i", (name, register) => {
    expect(() => block().read(name, register)).toThrow(RegisterError);
    expect(() => block().write(name, register, 0n)).toThrow(RegisterError);
  });

  it("is saved without what has no meaning", () => {
    const buffer = new ArrayBuffer(layout.sizeBytes);
    const state = new StateBlock(layout, () => buffer, 0);
    const before = state.save();
    const sink = layout.files.get("x")?.sinkOffset ?? -1;
    new Uint8Array(buffer).fill(7, sink, sink + 8);
    state.reservation = 5n;
    expect(state.save()).not.toEqual(before);
    state.reservation = undefined;
    expect(state.save()).toEqual(before);
  });
});
