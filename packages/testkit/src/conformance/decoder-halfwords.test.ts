/** All compressed encodings: what is an instruction, and its text, compared with objdump. */
import { Decoder, disassemble, linearScan } from "@isovm/decoder";
import { rv32, rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { hasOracles } from "../oracle/index.ts";
import { objdump } from "./binutils.ts";

const isas = [
  ["rv64", 64, rv64()],
  ["rv32", 32, rv32()],
] as const;

const halfwords = Array.from({ length: 0x1_0000 }, (_, word) => word).filter(
  (word) => (word & 3) !== 3,
);

/** Reserved encodings that objdump prints as if they were none. */
const reserved: readonly { what: string; xlen: readonly number[]; text: RegExp }[] = [
  { what: "C.ADDI16SP with nzimm = 0", xlen: [32, 64], text: /^c\.addi16sp sp,0$/ },
  { what: "the defined illegal instruction", xlen: [32, 64], text: /^c\.unimp$/ },
  { what: "shamt[5] = 1 on RV32", xlen: [32], text: /^c\.(slli|srli|srai) .*,0x[23]/ },
];

describe("compressed encodings", () => {
  it.each(isas)("of %s are decoded as a linear scan finds them", (_, __, isa) => {
    const decoder = new Decoder(isa);
    const scan = linearScan(isa, 2);
    const differences = halfwords.filter(
      (word) => decoder.decode(word)?.row !== scan(BigInt(word))?.row,
    );
    expect(differences).toEqual([]);
  });

  describe.skipIf(
    !hasOracles("riscv64-linux-gnu-as", "riscv64-linux-gnu-objcopy", "riscv64-linux-gnu-objdump"),
  )("against objdump", () => {
    it.each(isas)("are those of %s", async (_, xlen, isa) => {
      const bytes = new Uint8Array(Uint16Array.from(halfwords).buffer);
      const ours = disassemble(isa, bytes);
      const theirs = await objdump(
        halfwords.map((word) => ({ word: BigInt(word), sizeBytes: 2 })),
        xlen,
      );
      const differences = ours.flatMap(({ text, decoded }, index) => {
        const objdumps = theirs[index] ?? "";
        const isReserved =
          decoded === undefined &&
          reserved.some((entry) => entry.xlen.includes(xlen) && entry.text.test(objdumps));
        return text === objdumps || isReserved ? [] : [`${text} | ${objdumps}`];
      });
      expect(differences).toEqual([]);
    });
  });
});
