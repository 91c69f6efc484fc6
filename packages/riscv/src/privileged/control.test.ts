/** Control registers: who may access which, what they take, and which of them are one. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { controlTable } from "./control-table.ts";
import { riscvSystem } from "./system.ts";
import { HartProbe, type ModeName, modes } from "./testing/hart-probe.ts";

const system = riscvSystem();
const table = controlTable(64);
const word = fc.oneof(
  fc.bigInt(0n, (1n << 64n) - 1n),
  fc.nat(63).map((bit) => 1n << BigInt(bit)),
  fc.constantFrom(0n, (1n << 64n) - 1n),
);
const modeName = fc.constantFrom<ModeName>("user", "supervisor", "machine");
const definition = fc.constantFrom(...table);

/** Registers that change while nobody writes them. */
const moving = /^(m?cycle|m?instret|time)$/;

describe("control registers", () => {
  it("are admitted by the mode in their number, and never written if that says so", () => {
    const probe = new HartProbe(system);
    fc.assert(
      fc.property(
        definition,
        modeName,
        fc.constantFrom("csrrw", "csrrs", "csrrc"),
        fc.boolean(),
        ({ number, name }, mode, mnemonic, hasSource) => {
          probe.reset();
          // Open what enables would close, so that numbers alone decide.
          for (const enable of ["mcounteren", "scounteren"]) probe.setRegister(enable, 0xffffn);
          probe.setRegister("menvcfg", 1n << 63n);
          fc.pre(number < 0xc10 || number > 0xc1f);
          probe.enter(mode);
          probe.execute(`${mnemonic} a0, ${name}, ${hasSource ? "a1" : "x0"}`);
          const writes = mnemonic === "csrrw" || hasSource;
          const isAdmitted = modes[mode] >= ((number >> 8) & 3) && !(writes && number >> 10 === 3);
          expect(probe.wentOn).toBe(isAdmitted);
          if (!isAdmitted) expect(probe.read("mcause")).toBe(2n);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("have no other numbers", () => {
    const probe = new HartProbe(system);
    const known = new Set([...table.map(({ number }) => number), 1, 2, 3]);
    fc.assert(
      fc.property(fc.nat(4095), (number) => {
        fc.pre(!known.has(number));
        probe.enter("machine");
        probe.execute(`csrrs a0, ${number}, x0`);
        expect(probe.wentOn).toBe(false);
        expect(probe.read("mcause")).toBe(2n);
      }),
      { numRuns: 300 },
    );
  });

  it("hold only what is legal: what was read can be written back and is read again", () => {
    const probe = new HartProbe(system);
    fc.assert(
      fc.property(definition, word, ({ name }, value) => {
        fc.pre(!moving.test(name) && !name.startsWith("pmp"));
        probe.reset();
        probe.setRegister(name, value);
        const first = probe.register(name) ?? 0n;
        probe.setRegister(name, first);
        expect(probe.register(name)).toBe(first);
      }),
      { numRuns: 600 },
    );
  });

  it("aren't written by csrrs and csrrc with x0 or 0, and set and clear bits otherwise", () => {
    const probe = new HartProbe(system);
    const names = [
      "mscratch",
      "sscratch",
      "sepc",
      "mtval",
      "stval",
      "scause",
      "mstatus",
      "sstatus",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...names), word, word, (name, value, bits) => {
        // What a field keeps for an illegal value depends on what it was.
        const arrange = (): void => {
          probe.reset();
          probe.setRegister(name, value);
        };
        arrange();
        const old = probe.register(name) ?? 0n;
        const expectAfter = (text: string, written: bigint | undefined): void => {
          arrange();
          probe.setInteger(11, bits);
          probe.enter("machine");
          probe.execute(text);
          expect(probe.read(10)).toBe(old);
          const found = probe.register(name);
          if (written === undefined) expect(found).toBe(old);
          else {
            arrange();
            probe.setRegister(name, written);
            expect(found).toBe(probe.register(name));
          }
        };
        expectAfter(`csrrs a0, ${name}, x0`, undefined);
        expectAfter(`csrrci a0, ${name}, 0`, undefined);
        expectAfter(`csrrs a0, ${name}, a1`, old | bits);
        expectAfter(`csrrc a0, ${name}, a1`, old & ~bits);
        expectAfter(`csrrsi a0, ${name}, 21`, old | 21n);
      }),
      { numRuns: 150 },
    );
  });
});

describe("legal values", () => {
  const probe = new HartProbe(system);
  beforeEach(() => probe.reset());
  const afterWrite = (name: string, value: bigint): bigint => {
    probe.setRegister(name, value);
    return probe.register(name) ?? 0n;
  };

  it("MPP keeps its value when given the reserved mode", () => {
    for (const mode of [0n, 1n, 3n]) {
      expect((afterWrite("mstatus", mode << 11n) >> 11n) & 3n).toBe(mode);
      expect((afterWrite("mstatus", 2n << 11n) >> 11n) & 3n).toBe(mode);
    }
  });

  it("mstatus has the widths of 64 bits, and SD where FS is dirty", () => {
    fc.assert(
      fc.property(word, (value) => {
        const read = afterWrite("mstatus", value);
        expect((read >> 32n) & 0xfn).toBe(0xan);
        expect(read >> 63n).toBe(((read >> 13n) & 3n) === 3n ? 1n : 0n);
        const writable = 0x7e_79aan & ~(3n << 11n);
        expect(read & writable).toBe(value & writable);
        expect(read & ~(writable | (3n << 11n) | (0xfn << 32n) | (1n << 63n))).toBe(0n);
      }),
      { numRuns: 100 },
    );
  });

  it("satp takes supported modes as a whole and others not at all", () => {
    fc.assert(
      fc.property(fc.nat(15), word, (mode, rest) => {
        const before = afterWrite("satp", 0x8000_1230_0008_0000n);
        const value = (BigInt(mode) << 60n) | (rest & ((1n << 60n) - 1n));
        const supported = [0, 8, 9, 10].includes(mode);
        expect(afterWrite("satp", value)).toBe(supported ? value : before);
      }),
      { numRuns: 100 },
    );
  });

  it("trap vectors are aligned, of two modes", () => {
    for (const name of ["mtvec", "stvec"]) {
      expect(afterWrite(name, 0x8000_0001n)).toBe(0x8000_0001n);
      expect(afterWrite(name, 0x9000_0006n)).toBe(0x9000_0005n);
      expect(afterWrite(name, 0x9000_0000n)).toBe(0x9000_0000n);
    }
  });

  it("exception addresses are those of instructions", () => {
    expect(afterWrite("mepc", 7n)).toBe(6n);
    expect(afterWrite("sepc", 7n)).toBe(6n);
    const without = new HartProbe(riscvSystem({ extensions: ["M"] }));
    without.setRegister("sepc", 7n);
    without.setRegister("mepc", 7n);
    expect(without.register("sepc")).toBe(4n);
    expect(without.register("mepc")).toBe(4n);
  });

  it("delegation is of what lower modes can raise", () => {
    const ones = (1n << 64n) - 1n;
    expect(afterWrite("medeleg", ones)).toBe(0xb3ffn);
    expect(afterWrite("mideleg", ones)).toBe(0x222n);
    expect(afterWrite("mie", ones)).toBe(0xaaan);
    expect(afterWrite("misa", 0n)).toBe(0x8000_0000_0014_112dn);
    expect(afterWrite("senvcfg", ones)).toBe(1n);
    expect(afterWrite("menvcfg", ones)).toBe((7n << 61n) | 1n);
    expect(afterWrite("mcountinhibit", ones)).toBe(5n);
  });
});
