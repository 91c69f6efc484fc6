/**
 * Pairs of instructions that programs execute most often one after the other: by the first one, the
 * second ones.
 *
 * Counted in runs of the kernels in benchmarks/ and of busybox's shell, awk, sort and gzip and
 * esbuild, with equal weight of both groups. About a hundred is what pays: each pair is code of its
 * own in an engine that fuses them, and compilers of the host are less thorough with large functions
 * (V8's register allocator with those of some 130 pairs).
 */
export const frequentPairs: Readonly<Record<string, readonly string[]>> = {
  addi: ["addi", "beq", "bne", "c.addi", "mulw"],
  andi: ["beq"],
  auipc: ["addi", "ld"],
  bgeu: ["ld"],
  bltu: ["slli"],
  bne: ["c.fld", "c.ld", "c.lw", "fadd.d", "lbu"],
  "c.add": ["c.bnez", "c.jr", "c.ld", "lbu", "sb", "sd"],
  "c.addi": ["add", "addi", "c.add", "c.addi", "c.bnez", "c.jr", "c.slli", "c.xor", "fmul.d"],
  "c.addi16sp": ["c.jr", "c.sdsp"],
  "c.addiw": ["bne", "c.ld"],
  "c.addw": ["bne"],
  "c.andi": ["sllw"],
  "c.beqz": ["andi", "lbu"],
  "c.bnez": ["andi", "c.ld", "lbu"],
  "c.fld": ["addi", "c.fld"],
  "c.ld": ["addi", "c.addi", "c.addiw", "c.ld", "c.sdsp", "c.xor", "ld"],
  "c.ldsp": ["c.addi16sp", "c.ldsp", "c.mv"],
  "c.li": ["beq", "c.li", "c.mv"],
  "c.lui": ["c.add"],
  "c.lw": ["c.addi", "c.lw"],
  "c.mv": ["c.bnez", "c.ldsp", "c.mv", "jal"],
  "c.or": ["c.addiw"],
  "c.sd": ["c.addi", "c.sd"],
  "c.sdsp": ["c.mv", "c.sdsp"],
  "c.slli": ["addi", "c.add"],
  "c.srli": ["c.add"],
  "c.xor": ["c.add"],
  "fadd.d": ["beq", "bne", "fle.d"],
  "fmul.d": ["fadd.d", "fmul.d"],
  "fsub.d": ["c.addiw"],
  lbu: ["beq", "c.addi", "c.slli", "lbu"],
  ld: ["beq", "bltu", "c.addi", "c.sdsp", "ld"],
  mul: ["mulhu"],
  mulhu: ["add"],
  mulw: ["c.addw"],
  sb: ["bne", "c.addw"],
  sd: ["sd"],
  slli: ["c.add", "c.srli"],
  sraw: ["subw"],
};
