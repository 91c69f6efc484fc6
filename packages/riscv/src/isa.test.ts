import { type Isa, illegalResidue, lintIsa, matches } from "@isovm/isa-spec";
import { describe, expect, it } from "vitest";
import { ExtensionError, extensionNames, rv32, rv64 } from "./index.ts";

const rv64Everything = rv64({ extensions: extensionNames.filter((name) => name !== "Zcf") });
const rv32Everything = rv32({ extensions: extensionNames });

const configurations: readonly Isa[] = [
  rv64(),
  rv32(),
  rv64Everything,
  rv32Everything,
  rv64({ extensions: [] }),
  rv32({ extensions: [] }),
  rv64({ extensions: ["F", "Zicsr"] }),
  rv32({ extensions: ["F", "Zicsr", "C"] }),
  rv64({ extensions: ["M", "Zaamo"] }),
  rv32({ extensions: ["Zca", "Zcb", "Zbb"] }),
];

function countRows(isa: Isa): Readonly<Record<string, number>> {
  return Object.fromEntries(
    isa.extensions.map(({ name, instructions }) => [name, instructions.length]),
  );
}

function mnemonics(isa: Isa, word: bigint, sizeBytes: number): readonly string[] {
  return isa.instructions
    .filter((row) => row.sizeBytes === sizeBytes && matches(row, word))
    .map((row) => row.mnemonic);
}

describe("rows", () => {
  it.each(configurations)("$name has no lint findings", (isa) => {
    expect(lintIsa(isa)).toEqual([]);
  });

  it("are as many as the manual's listings have", () => {
    expect(countRows(rv64Everything)).toEqual({
      // RV32I's 41, fence.tso among them, and RV64I's 12.
      I: 53,
      M: 13,
      Zaamo: 18,
      Zalrsc: 4,
      F: 30,
      D: 32,
      Zca: 35,
      Zcd: 4,
      Zcb: 12,
      Zicond: 2,
      Zicsr: 6,
      Zifencei: 1,
      Zihintpause: 1,
      Zba: 8,
      Zbb: 24,
      Zbs: 8,
    });
    expect(countRows(rv32Everything)).toEqual({
      I: 41,
      M: 8,
      Zaamo: 9,
      Zalrsc: 2,
      F: 26,
      D: 26,
      // The 26 of the manual's listing and 3 HINTs with names of their own.
      Zca: 29,
      Zcf: 4,
      Zcd: 4,
      Zcb: 11,
      Zicond: 2,
      Zicsr: 6,
      Zifencei: 1,
      Zihintpause: 1,
      Zba: 3,
      Zbb: 18,
      Zbs: 8,
    });
  });
});

describe("selection", () => {
  it("names the ISA canonically", () => {
    expect(rv64().name).toBe("rv64imafdc_zicntr_zicond_zicsr_zifencei_zihintpause_zba_zbb_zbs");
    expect(rv32({ extensions: ["Zbs", "C", "Zalrsc", "M"] }).name).toBe("rv32imc_zalrsc_zbs");
  });

  it("rejects an extension without what it needs", () => {
    expect(() => rv64({ extensions: ["D", "Zicsr"] })).toThrow(ExtensionError);
    expect(() => rv64({ extensions: ["F"] })).toThrow("extension F needs Zicsr");
    expect(() => rv64({ extensions: ["C", "F", "Zicsr", "Zcf"] })).toThrow("RV32 only");
    expect(() => rv32({ extensions: ["Zcb"] })).toThrow(ExtensionError);
  });

  it("lays out the registers of the extensions alone", () => {
    expect(rv64({ extensions: [] }).registers.map(({ name }) => name)).toEqual(["x"]);
    const single = rv32({ extensions: ["F", "Zicsr"] }).registers;
    expect(single.map(({ name, width }) => `${name}:${width}`)).toEqual([
      "x:32",
      "f:32",
      "fflags:5",
      "frm:3",
    ]);
  });
});

describe("illegal encodings", () => {
  const within = (quadrant: string): { width: number; within: string } => ({
    width: 16,
    within: `--------------${quadrant}`,
  });

  it("of RV64's compressed instructions are the reserved ones", () => {
    const isa = rv64();
    const { instructions } = isa;
    expect(illegalResidue(instructions, within("01"))).toEqual([
      "001-00000-----01", // c.addiw with rd = x0
      "0110-----0000001", // c.lui and c.addi16sp with immediate 0
      "100111---1----01", // Zcb's
    ]);
    expect(illegalResidue(instructions, within("10"))).toEqual([
      "01--00000-----10", // c.lwsp and c.ldsp with rd = x0
      "1000000000000010", // c.jr with rs1 = x0
    ]);
    const illegal = Array.from({ length: 0x4000 }, (_, index) => index * 4).filter(
      (word) => mnemonics(isa, BigInt(word), 2).length === 0,
    );
    // Zcb's funct3 100, and c.addi4spn with immediate 0.
    expect(illegal).toHaveLength(0x800 + 8);
    expect(illegal.every((word) => word >>> 13 === 0b100 || word >>> 5 === 0)).toBe(true);
  });

  it("of RV32's compressed instructions are the reserved and custom ones", () => {
    const { instructions } = rv32();
    expect(illegalResidue(instructions, within("01"))).toEqual([
      "0110-----0000001", // c.lui and c.addi16sp with immediate 0
      "10010---------01", // c.srli and c.srai with shamt[5] = 1
      "100111--------01", // c.subw, c.addw and Zcb's
    ]);
    expect(illegalResidue(instructions, within("10"))).toEqual([
      "0001----------10", // c.slli with shamt[5] = 1
      "010-00000-----10", // c.lwsp with rd = x0
      "1000000000000010", // c.jr with rs1 = x0
    ]);
  });

  it.each([
    ["shamt[5] on RV32", rv32(), 0x02051513n],
    ["shamt[5] of slliw", rv64(), 0x0205151bn],
    ["ld on RV32", rv32(), 0x00053503n],
    ["rounding mode 5", rv64(), 0x00c5d553n],
    ["rounding mode 6", rv64(), 0x00c5e553n],
    ["ecall with rd", rv64(), 0x000000f3n],
    ["lr with rs2", rv64(), 0x1015252fn],
    ["fsqrt with rs2", rv64(), 0x5815f553n],
    ["fmv.x.d on RV32", rv32(), 0xe2050553n],
    ["jalr with funct3", rv64(), 0x00051567n],
    ["quad precision", rv64(), 0x06c5f553n],
    ["a longer instruction", rv64(), 0x0000001fn],
    ["all ones", rv64(), 0xffffffffn],
  ])("%s matches no row", (_, isa, word) => {
    expect(mnemonics(isa, word, 4)).toEqual([]);
  });

  it.each([
    ["0", rv64(), 0x00000013n, 4, ["addi"]],
    ["c.addi x0, 1", rv64(), 0x0005n, 2, ["c.addi"]],
    ["c.li x0, 1", rv64(), 0x4005n, 2, ["c.li"]],
    ["c.lui x0, 1", rv64(), 0x6005n, 2, ["c.lui"]],
    ["c.mv x0, ra", rv64(), 0x8006n, 2, ["c.mv"]],
    ["c.slli by 0", rv64(), 0x0502n, 2, ["c.slli64"]],
  ] as const)("the HINT %s is legal", (_, isa, word, sizeBytes, expected) => {
    expect(mnemonics(isa, word, sizeBytes)).toEqual(expected);
  });
});
