/**
 * The uncompressed spelling of compressed instructions, as which `objdump` prints them unless it is
 * told otherwise.
 *
 * @see RISC-V Unprivileged 20240411, 27.8 (instruction set listings)
 */
import { type PseudoInstruction, printedAs } from "@isovm/isa-spec";

/** Spellings of Zca. The first that fits is printed. */
export const compressedSpellings: readonly PseudoInstruction[] = [
  printedAs("nop", "c.addi x0, 0"),
  printedAs("addi rd, rd, imm", "c.addi rd, imm"),
  printedAs("sext.w rd, rd", "c.addiw rd, 0"),
  printedAs("addiw rd, rd, imm", "c.addiw rd, imm"),
  printedAs("addi sp, sp, imm", "c.addi16sp sp, imm"),
  printedAs("addi rd, sp, imm", "c.addi4spn rd, sp, imm"),
  printedAs("li rd, imm", "c.li rd, imm"),
  printedAs("lui rd, imm", "c.lui rd, imm"),
  printedAs("slli rd, rd, shamt", "c.slli rd, shamt"),
  printedAs("srli rd, rd, shamt", "c.srli rd, shamt"),
  printedAs("srai rd, rd, shamt", "c.srai rd, shamt"),
  printedAs("andi rd, rd, imm", "c.andi rd, imm"),
  printedAs("mv rd, rs", "c.mv rd, rs"),
  ...["add", "sub", "xor", "or", "and", "subw", "addw"].map((mnemonic) =>
    printedAs(`${mnemonic} rd, rd, rs`, `c.${mnemonic} rd, rs`),
  ),
  ...["lw", "ld", "flw", "fld"].flatMap((mnemonic) => [
    printedAs(`${mnemonic} rd, imm(rs)`, `c.${mnemonic} rd, imm(rs)`),
    printedAs(`${mnemonic} rd, imm(sp)`, `c.${mnemonic}sp rd, imm(sp)`),
  ]),
  ...["sw", "sd", "fsw", "fsd"].flatMap((mnemonic) => [
    printedAs(`${mnemonic} rt, imm(rs)`, `c.${mnemonic} rt, imm(rs)`),
    printedAs(`${mnemonic} rt, imm(sp)`, `c.${mnemonic}sp rt, imm(sp)`),
  ]),
  printedAs("j offset", "c.j offset"),
  printedAs("jal offset", "c.jal offset"),
  printedAs("ret", "c.jr x1"),
  printedAs("jr rs", "c.jr rs"),
  printedAs("jalr rs", "c.jalr rs"),
  printedAs("beqz rs, offset", "c.beqz rs, offset"),
  printedAs("bnez rs, offset", "c.bnez rs, offset"),
  printedAs("ebreak", "c.ebreak"),
];
