/** The bytes of every row's text and of pseudo-instructions are those of GNU `as`. */
import { assemble, Decoder, Disassembler } from "@isovm/decoder";
import type { Isa } from "@isovm/isa-spec";
import { rv32, rv64 } from "@isovm/riscv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasOracles } from "../oracle/index.ts";
import { assembleLines } from "./binutils.ts";
import { wordOf } from "./row-words.ts";

const isas = [
  ["rv64", 64, rv64()],
  ["rv32", 32, rv32()],
] as const;

/** Texts that GNU `as` 2.40 doesn't read, and why. */
const notInBinutils: readonly { reason: string; text: RegExp }[] = [
  { reason: "Zicond is newer", text: /^czero\./ },
  { reason: "no empty sets", text: /^fence (0,|.*,0$)/ },
  { reason: "exact conversions take no rounding mode", text: /^fcvt\.d\.(s|wu?) .*,.*,/ },
];

/** Both assemblers' bytes of each line, assembled at multiples of 64. */
async function compare(lines: readonly string[], isa: Isa, xlen: 32 | 64): Promise<void> {
  const theirs = await assembleLines(lines, xlen);
  const source = lines.map((line, index) => `.org ${index * 64}\n${line}\n`).join("");
  const { bytes } = assemble(isa, `${source}.org ${lines.length * 64}`);
  const hex = (image: Uint8Array | undefined): string =>
    Buffer.from(image ?? [])
      .toString("hex")
      .replace(/(00)+$/, "");
  const differences = lines.flatMap((line, index) => {
    const ours = hex(bytes.subarray(index * 64, index * 64 + 64));
    const other = hex(theirs[index]);
    return ours === other ? [] : [{ line, isovm: ours, as: other }];
  });
  expect(differences).toEqual([]);
}

/** Texts with a target use the label `1:` in front of them, or the one behind. */
function pseudoLines(xlen: 32 | 64): readonly string[] {
  const registers = [
    ...["mv a0, a1", "not a0, a1", "neg a0, a1", "seqz a0, a1", "snez a0, a1", "sltz a0, a1"],
    ...["sgtz a0, a1", "sgt a0, a1, a2", "sgtu a0, a1, a2", "zext.b a0, a1", "sext.b a0, a1"],
    ...["sext.h a0, a1", "zext.h a0, a1", "nop", "ret", "jr a0", "jr 8(a0)", "jalr a0"],
    ...["jalr 8(a0)", "jalr a0, a1", "jalr a0, a1, 8", "unimp", "fence", "lw a0, (sp)"],
    ...["sw a0, (sp)", "ecall", "ebreak", "pause", "sgt x10, fp, s0"],
  ];
  const branches = ["beqz", "bnez", "blez", "bgez", "bltz", "bgtz"].map(
    (mnemonic) => `1: ${mnemonic} a0, 1b`,
  );
  const comparisons = ["bgt", "ble", "bgtu", "bleu", "beq", "bge"].map(
    (mnemonic) => `${mnemonic} a0, a1, 1f; nop; 1:`,
  );
  const jumps = ["j", "jal", "call", "tail"].map((mnemonic) => `${mnemonic} 1f; nop; 1:`);
  const addresses = [
    ...["la a0, 1f; 1:", "lla a0, 1f; 1:", "lw a0, 1f; 1:", "sb a0, 1f, t0; 1:"],
    ...["flw fa0, 1f, t0; 1:", "fsd fa0, 1f, t0; 1:", "jump 1f, t0; 1:"],
    ...["lui a0, %hi(1f); addi a0, a0, %lo(1f); 1:", "lui a0, %hi(0x12345fff)"],
    ...["1: auipc a0, %pcrel_hi(2f); lw a0, %pcrel_lo(1b)(a0); sw a0, %pcrel_lo(1b)(a1); 2:"],
  ];
  const controls = [
    ...["csrr a0, fcsr", "csrw frm, a0", "csrs fflags, a0", "csrc fflags, a0", "csrwi frm, 1"],
    ...["csrsi frm, 1", "csrci frm, 1", "frcsr a0", "fscsr a0", "fscsr a0, a1", "frrm a0"],
    ...["fsrm a0", "fsrm a0, a1", "frflags a0", "fsflags a0", "fsflags a0, a1", "rdcycle a0"],
    ...["rdtime a0", "rdinstret a0", "fsrmi 1", "fsrmi a0, 1", "fsflagsi 1", "fsflagsi a0, 1"],
  ];
  const floats = ["s", "d"].flatMap((format) => [
    ...[`fmv.${format} fa0, fa1`, `fabs.${format} fa0, fa1`, `fneg.${format} fa0, fa1`],
    ...[`fgt.${format} a0, fa1, fa2`, `fge.${format} a0, fa1, fa2`],
  ]);
  const data = [
    ...['.asciz "a\\n\\x41\\101"', ".half 1, -2", ".dword 0x123456789abcdef0", ".word 3*(4+5)"],
    ...[".byte 'a', ~0, 1<<3|1, 6^3, 100/7, 100%7, 2+3*4", ".float 1.5; .double -2.25"],
    ...["c.nop; .p2align 3; .byte 2", ".byte 1; .p2align 3; .byte 2", ".zero 3; .byte 1"],
  ];
  const words =
    xlen === 64 ? ["sext.w a0, a1", "negw a0, a1", "zext.w a0, a1", "ld a0, 1f; 1:"] : [];
  return [
    ...[...registers, ...branches, ...comparisons, ...jumps, ...addresses, ...controls],
    ...[...floats, ...data, ...words],
  ];
}

function constant(xlen: 32 | 64): fc.Arbitrary<bigint> {
  const low = -(1n << BigInt(xlen - 1));
  const any = fc.bigInt({ min: low, max: -low - 1n });
  const shifted = fc
    .tuple(fc.bigInt({ min: -5000n, max: 5000n }), fc.nat(xlen - 1))
    .map(([value, shift]) => BigInt.asIntN(xlen, value << BigInt(shift)));
  const nearPower = fc
    .tuple(fc.nat(xlen - 1), fc.integer({ min: -2050, max: 2050 }))
    .map(([power, offset]) => BigInt.asIntN(xlen, (1n << BigInt(power)) + BigInt(offset)));
  return fc.oneof(any, shifted, nearPower);
}

describe.skipIf(
  !hasOracles(
    "riscv64-linux-gnu-as",
    "riscv64-linux-gnu-ld",
    "riscv64-linux-gnu-objcopy",
    "riscv64-linux-gnu-objdump",
  ),
)("assembly is GNU as's", () => {
  it.each(isas)("for every row of %s", async (_, xlen, isa) => {
    const decoder = new Decoder(isa);
    const disassembler = new Disassembler(isa);
    const lines: string[] = [];
    for (const row of isa.instructions) {
      for (const word of fc.sample(wordOf(row), { numRuns: 12, seed: 2 })) {
        const decoded = decoder.decode(word, row.sizeBytes);
        const text = decoded ? disassembler.text(decoded, BigInt(lines.length * 64)) : row.mnemonic;
        const isTarget = Object.values(row.operands).some(({ text }) => text.kind === "target");
        const isUnknown = notInBinutils.some((entry) => entry.text.test(text));
        if (!isTarget && !isUnknown) lines.push(text);
      }
    }
    await compare(lines, isa, xlen);
  });

  it.each(isas)("for pseudo-instructions of %s", async (_, xlen, isa) => {
    await compare(pseudoLines(xlen), isa, xlen);
  });

  it.each(isas)("for constants of %s", async (_, xlen, isa) => {
    const constants = fc.sample(constant(xlen), { numRuns: 300, seed: 3 });
    await compare(
      constants.map((value) => `li a0, ${value}`),
      isa,
      xlen,
    );
  });
});
