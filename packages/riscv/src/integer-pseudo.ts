/**
 * Pseudo-instructions of the base instruction set.
 *
 * The order counts where instructions are printed: the first shorthand that fits is taken.
 *
 * @see RISC-V Assembly Programmer's Manual, "Pseudoinstructions"
 */
import { type PseudoInstruction, pseudo, pseudoFunction, readAs } from "@isovm/isa-spec";
import type { ExtensionName } from "./extensions.ts";
import type { Xlen } from "./hart.ts";

/** Shorthands for base instructions. */
export function integerPseudoInstructions(
  xlen: Xlen,
  set: ReadonlySet<ExtensionName>,
): readonly PseudoInstruction[] {
  return [
    pseudo("nop", "addi x0, x0, 0"),
    loadImmediate(xlen),
    pseudo("mv rd, rs", "addi rd, rs, 0"),
    pseudo("not rd, rs", "xori rd, rs, -1"),
    pseudo("neg rd, rs", "sub rd, x0, rs"),
    pseudo("seqz rd, rs", "sltiu rd, rs, 1"),
    pseudo("snez rd, rs", "sltu rd, x0, rs"),
    pseudo("sltz rd, rs", "slt rd, rs, x0"),
    pseudo("sgtz rd, rs", "slt rd, x0, rs"),
    readAs("sgt rd, rs, rt", "slt rd, rt, rs"),
    readAs("sgtu rd, rs, rt", "sltu rd, rt, rs"),
    ...(xlen === 64
      ? [pseudo("sext.w rd, rs", "addiw rd, rs, 0"), pseudo("negw rd, rs", "subw rd, x0, rs")]
      : []),
    // Zba has a single instruction for it.
    ...(xlen === 64 && !set.has("Zba")
      ? [pseudo("zext.w rd, rs", "slli rd, rs, 32", "srli rd, rd, 32")]
      : []),
    pseudo("zext.b rd, rs", "andi rd, rs, 255"),
    pseudo("zext.h rd, rs", `slli rd, rs, ${xlen - 16}`, `srli rd, rd, ${xlen - 16}`),
    pseudo("sext.b rd, rs", `slli rd, rs, ${xlen - 8}`, `srai rd, rd, ${xlen - 8}`),
    pseudo("sext.h rd, rs", `slli rd, rs, ${xlen - 16}`, `srai rd, rd, ${xlen - 16}`),

    pseudo("beqz rs, offset", "beq rs, x0, offset"),
    pseudo("bnez rs, offset", "bne rs, x0, offset"),
    pseudo("blez rs, offset", "bge x0, rs, offset"),
    pseudo("bgez rs, offset", "bge rs, x0, offset"),
    pseudo("bltz rs, offset", "blt rs, x0, offset"),
    pseudo("bgtz rs, offset", "blt x0, rs, offset"),
    readAs("bgt rs, rt, offset", "blt rt, rs, offset"),
    readAs("ble rs, rt, offset", "bge rt, rs, offset"),
    readAs("bgtu rs, rt, offset", "bltu rt, rs, offset"),
    readAs("bleu rs, rt, offset", "bgeu rt, rs, offset"),

    pseudo("j offset", "jal x0, offset"),
    pseudo("jal offset", "jal x1, offset"),
    pseudo("ret", "jalr x0, 0(x1)"),
    pseudo("jr rs", "jalr x0, 0(rs)"),
    pseudo("jr offset(rs)", "jalr x0, offset(rs)"),
    pseudo("jalr rs", "jalr x1, 0(rs)"),
    pseudo("jalr offset(rs)", "jalr x1, offset(rs)"),
    pseudo("jalr rd, rs", "jalr rd, 0(rs)"),
    readAs("jalr rd, rs, offset", "jalr rd, offset(rs)"),
    pseudo("call symbol", "$high: auipc x1, %pcrel_hi(symbol)", "jalr x1, %pcrel_lo($high)(x1)"),
    pseudo(
      "call rd, symbol",
      "$high: auipc x6, %pcrel_hi(symbol)",
      "jalr rd, %pcrel_lo($high)(x6)",
    ),
    pseudo("tail symbol", "$high: auipc x6, %pcrel_hi(symbol)", "jalr x0, %pcrel_lo($high)(x6)"),
    pseudo(
      "jump symbol, rt",
      "$high: auipc rt, %pcrel_hi(symbol)",
      "jalr x0, %pcrel_lo($high)(rt)",
    ),
    ...["la", "lla"].map((mnemonic) =>
      pseudo(
        `${mnemonic} rd, symbol`,
        "$high: auipc rd, %pcrel_hi(symbol)",
        "addi rd, rd, %pcrel_lo($high)",
      ),
    ),
    ...["lb", "lh", "lw", "lbu", "lhu", ...(xlen === 64 ? ["lwu", "ld"] : [])].map((mnemonic) =>
      pseudo(
        `${mnemonic} rd, symbol`,
        "$high: auipc rd, %pcrel_hi(symbol)",
        `${mnemonic} rd, %pcrel_lo($high)(rd)`,
      ),
    ),
    ...["sb", "sh", "sw", ...(xlen === 64 ? ["sd"] : [])].map((mnemonic) =>
      pseudo(
        `${mnemonic} rs, symbol, rt`,
        "$high: auipc rt, %pcrel_hi(symbol)",
        `${mnemonic} rs, %pcrel_lo($high)(rt)`,
      ),
    ),

    pseudo("fence", "fence iorw, iorw"),
    pseudo("unimp", "csrrw x0, cycle, x0"),
    readAs("scall", "ecall"),
    readAs("sbreak", "ebreak"),
  ];
}

function loadImmediate(xlen: Xlen): PseudoInstruction {
  return pseudoFunction(
    "li rd, immediate",
    ({ rd, immediate }, { constant, fail }) => {
      const value = constant(immediate);
      if (value === undefined) return fail("li loads a constant; an address is loaded by la");
      if (value >= 1n << BigInt(xlen) || value < -(1n << BigInt(xlen - 1))) {
        return fail(`${immediate} does not fit a register of ${xlen} bits`);
      }
      const low = BigInt.asIntN(12, value);
      return low === BigInt.asIntN(xlen, value)
        ? [`addi ${rd}, x0, ${low}`]
        : constantLines(rd, BigInt.asIntN(xlen, value), xlen);
    },
    "addi rd, x0, immediate",
  );
}

/**
 * Lines that load `value`: `lui` and `addi` for 32 bits; for more, the upper part without its
 * trailing zeros, a shift, and the lowest 12 bits. These are the lines of GNU `as`.
 */
function constantLines(rd: string, value: bigint, xlen: Xlen): readonly string[] {
  const low = BigInt.asIntN(12, value);
  const add = xlen === 32 ? "addi" : "addiw";
  if (low === value) return [`${add} ${rd}, x0, ${low}`];
  if (xlen === 32 || BigInt.asIntN(32, value) === value) {
    const high = BigInt.asUintN(20, (value - low) >> 12n);
    const addition = low === 0n ? [] : [`${add} ${rd}, ${rd}, ${low}`];
    return [`lui ${rd}, ${high}`, ...addition];
  }
  let upper = BigInt.asIntN(xlen, value - low) >> 12n;
  let shift = 12n;
  while ((upper & 1n) === 0n) {
    upper >>= 1n;
    shift += 1n;
  }
  return [
    ...constantLines(rd, upper, xlen),
    `slli ${rd}, ${rd}, ${shift}`,
    ...(low === 0n ? [] : [`addi ${rd}, ${rd}, ${low}`]),
  ];
}
