/**
 * Zca: the compressed instructions without floating point, 16 bits each.
 *
 * Three-bit register fields name x8 to x15. Encodings that the manual reserves match no row; HINTs
 * are rows like all others.
 *
 * @see RISC-V Unprivileged 20240411, 27 and 28.2 (Zca)
 */
import {
  type Bits,
  type Extension,
  effect,
  type Instruction,
  instruction,
  jump,
  nextPc,
  type Operand,
  pc,
  pseudo,
  type Register,
  signed,
  signedText,
  target,
  unsigned,
  when,
} from "@isovm/isa-spec";
import { compressedSpellings } from "./compressed-printed.ts";
import type { Hart, Xlen } from "./hart.ts";

/** Zca: compressed instructions without floating point. */
export function compressed<X extends Xlen>(hart: Hart<X>): Extension {
  return {
    name: "Zca",
    title: "Compressed instructions",
    instructions: [
      ...loadsAndStores(hart),
      ...controlTransfer(hart),
      ...constants(hart),
      ...immediates(hart),
      ...shifts(hart),
      ...registers(hart),
      instruction("c.ebreak", "100 1 00000 00000 10", {
        operands: {},
        syntax: "",
        semantics: () => effect("breakpoint"),
        manual: "RISC-V Unprivileged 20240411, 27.5.6",
      }),
    ],
    pseudoInstructions: [
      ...compressedSpellings,
      pseudo("c.nop", "c.addi x0, 0"),
      pseudo("c.nop imm", "c.addi x0, imm"),
    ],
  };
}

function loadsAndStores<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { x, xlen, memory } = hart;
  const stackPointer = x.at(2);

  const loadFromStack = (mnemonic: string, pattern: string, width: Xlen): Instruction =>
    instruction(mnemonic, pattern, {
      operands: { rd: x.destination().except(0), imm: unsigned(width === 64 ? 9 : 8, xlen) },
      syntax: "rd, imm(sp)",
      semantics: ({ rd, imm }) =>
        rd.write(memory.load(width, stackPointer.read().add(imm)).signExtend(xlen)),
      manual: "RISC-V Unprivileged 20240411, 27.3.1",
    });
  const storeToStack = (mnemonic: string, pattern: string, width: Xlen): Instruction =>
    instruction(mnemonic, pattern, {
      operands: { rs2: x.source(), imm: unsigned(width === 64 ? 9 : 8, xlen) },
      syntax: "rs2, imm(sp)",
      semantics: ({ rs2, imm }) =>
        memory.store<Xlen>(width, stackPointer.read().add(imm), rs2.read().truncate(width)),
      manual: "RISC-V Unprivileged 20240411, 27.3.1",
    });
  const load = (mnemonic: string, pattern: string, width: Xlen): Instruction =>
    instruction(mnemonic, pattern, {
      operands: {
        rd: x.destination(3, 8),
        rs1: x.source(3, 8),
        imm: unsigned(width === 64 ? 8 : 7, xlen),
      },
      syntax: "rd, imm(rs1)",
      semantics: ({ rd, rs1, imm }) =>
        rd.write(memory.load(width, rs1.read().add(imm)).signExtend(xlen)),
      manual: "RISC-V Unprivileged 20240411, 27.3.2",
    });
  const store = (mnemonic: string, pattern: string, width: Xlen): Instruction =>
    instruction(mnemonic, pattern, {
      operands: {
        rs2: x.source(3, 8),
        rs1: x.source(3, 8),
        imm: unsigned(width === 64 ? 8 : 7, xlen),
      },
      syntax: "rs2, imm(rs1)",
      semantics: ({ rs2, rs1, imm }) =>
        memory.store<Xlen>(width, rs1.read().add(imm), rs2.read().truncate(width)),
      manual: "RISC-V Unprivileged 20240411, 27.3.2",
    });

  const words = [
    loadFromStack("c.lwsp", "010 imm[5] rd:5 imm[4:2|7:6] 10", 32),
    storeToStack("c.swsp", "110 imm[5:2|7:6] rs2:5 10", 32),
    load("c.lw", "010 imm[5:3] rs1:3 imm[2|6] rd:3 00", 32),
    store("c.sw", "110 imm[5:3] rs1:3 imm[2|6] rs2:3 00", 32),
  ];
  if (xlen === 32) return words;
  return [
    ...words,
    loadFromStack("c.ldsp", "011 imm[5] rd:5 imm[4:3|8:6] 10", 64),
    storeToStack("c.sdsp", "111 imm[5:3|8:6] rs2:5 10", 64),
    load("c.ld", "011 imm[5:3] rs1:3 imm[7:6] rd:3 00", 64),
    store("c.sd", "111 imm[5:3] rs1:3 imm[7:6] rs2:3 00", 64),
  ];
}

function controlTransfer<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { x, xlen } = hart;
  const link = x.at(1);

  const branch = (
    mnemonic: string,
    funct3: string,
    taken: (value: Bits<X>) => Bits<1>,
  ): Instruction =>
    instruction(mnemonic, `${funct3} imm[8|4:3] rs1:3 imm[7:6|2:1|5] 01`, {
      operands: { rs1: x.source(3, 8), imm: target(9, xlen) },
      syntax: "rs1, imm",
      semantics: ({ rs1, imm }) => when(taken(rs1.read()), () => jump(pc(xlen).add(imm))),
      manual: "RISC-V Unprivileged 20240411, 27.4",
    });

  const callRelative = instruction("c.jal", "001 imm[11|4|9:8|10|6|7|3:1|5] 01", {
    operands: { imm: target(12, xlen) },
    syntax: "imm",
    semantics: ({ imm }) => {
      link.write(nextPc(xlen));
      jump(pc(xlen).add(imm), "call");
    },
    manual: "RISC-V Unprivileged 20240411, 27.4",
  });

  return [
    ...(xlen === 32 ? [callRelative] : []),
    instruction("c.j", "101 imm[11|4|9:8|10|6|7|3:1|5] 01", {
      operands: { imm: target(12, xlen) },
      syntax: "imm",
      semantics: ({ imm }) => jump(pc(xlen).add(imm)),
      manual: "RISC-V Unprivileged 20240411, 27.4",
    }),
    branch("c.beqz", "110", (value) => value.equal(0)),
    branch("c.bnez", "111", (value) => value.notEqual(0)),
    instruction("c.jr", "100 0 rs1:5 00000 10", {
      operands: { rs1: x.source().except(0) },
      syntax: "rs1",
      semantics: ({ rs1 }) => jump(rs1.read().and(-2)),
      manual: "RISC-V Unprivileged 20240411, 27.4",
    }),
    instruction("c.jalr", "100 1 rs1:5 00000 10", {
      operands: { rs1: x.source().except(0) },
      syntax: "rs1",
      semantics: ({ rs1 }) => {
        const destination = rs1.read().and(-2);
        link.write(nextPc(xlen));
        jump(destination, "call");
      },
      manual: "RISC-V Unprivileged 20240411, 27.4",
    }),
  ];
}

function constants<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { x, xlen } = hart;
  return [
    instruction("c.li", "010 imm[5] rd:5 imm[4:0] 01", {
      operands: { rd: x.destination(), imm: signed(6, xlen) },
      syntax: "rd, imm",
      semantics: ({ rd, imm }) => rd.write(imm),
      manual: "RISC-V Unprivileged 20240411, 27.5.1",
    }),
    instruction("c.lui", "011 imm[5] rd:5 imm[4:0] 01", {
      // x2 is c.addi16sp; rd = x0 is a HINT.
      operands: { rd: x.destination().except(2), imm: signedText(6, 20, xlen).except(0) },
      syntax: "rd, imm",
      semantics: ({ rd, imm }) => rd.write(imm.shiftLeft(12)),
      manual: "RISC-V Unprivileged 20240411, 27.5.1",
    }),
  ];
}

function immediates<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { x, xlen } = hart;
  const stackPointer = x.at(2);
  const manual = "RISC-V Unprivileged 20240411, 27.5.2";
  const addWord = instruction("c.addiw", "001 imm[5] rd:5 imm[4:0] 01", {
    operands: { rd: x.both().except(0), imm: signed(6, 32) },
    syntax: "rd, imm",
    semantics: ({ rd, imm }) => rd.write(rd.read().truncate(32).add(imm).signExtend(xlen)),
    manual,
  });
  return [
    instruction("c.addi", "000 imm[5] rd:5 imm[4:0] 01", {
      operands: { rd: x.both(), imm: signed(6, xlen) },
      syntax: "rd, imm",
      semantics: ({ rd, imm }) => rd.write(rd.read().add(imm)),
      manual,
    }),
    ...(xlen === 64 ? [addWord] : []),
    instruction("c.addi16sp", "011 imm[9] 00010 imm[4|6|8:7|5] 01", {
      operands: { imm: signed(10, xlen).except(0) },
      syntax: "sp, imm",
      semantics: ({ imm }) => stackPointer.write(stackPointer.read().add(imm)),
      manual,
    }),
    instruction("c.addi4spn", "000 imm[5:4|9:6|2|3] rd:3 00", {
      operands: { rd: x.destination(3, 8), imm: unsigned(10, xlen).except(0) },
      syntax: "rd, sp, imm",
      semantics: ({ rd, imm }) => rd.write(stackPointer.read().add(imm)),
      manual,
    }),
    instruction("c.andi", "100 imm[5] 10 rd:3 imm[4:0] 01", {
      operands: { rd: x.both(3, 8), imm: signed(6, xlen) },
      syntax: "rd, imm",
      semantics: ({ rd, imm }) => rd.write(rd.read().and(imm)),
      manual,
    }),
  ];
}

function shifts<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { x, xlen, shiftWidth } = hart;
  const manual = "RISC-V Unprivileged 20240411, 27.5.2 and 27.7";

  /**
   * A shift, and the HINT with amount 0, which has the name that RV128 gives it. Bit 5 of the
   * amount is for custom extensions on RV32.
   */
  const rows = (
    mnemonic: string,
    pattern: (high: string, low: string) => string,
    rd: Operand<Register<X>>,
    operation: (value: Bits<X>, amount: Bits<X>) => Bits<X>,
  ): readonly Instruction[] => [
    instruction(mnemonic, pattern(xlen === 64 ? "shamt[5]" : "0", "shamt[4:0]"), {
      operands: { rd, shamt: unsigned(shiftWidth, xlen, 16).except(0) },
      syntax: "rd, shamt",
      semantics: ({ rd, shamt }) => rd.write(operation(rd.read(), shamt)),
      manual,
    }),
    instruction(`${mnemonic}64`, pattern("0", "00000"), {
      operands: { rd },
      syntax: "rd",
      semantics: () => {},
      manual,
    }),
  ];

  return [
    ...rows(
      "c.slli",
      (high, low) => `000 ${high} rd:5 ${low} 10`,
      x.both(),
      (value, amount) => value.shiftLeft(amount),
    ),
    ...rows(
      "c.srli",
      (high, low) => `100 ${high} 00 rd:3 ${low} 01`,
      x.both(3, 8),
      (value, amount) => value.shiftRightLogical(amount),
    ),
    ...rows(
      "c.srai",
      (high, low) => `100 ${high} 01 rd:3 ${low} 01`,
      x.both(3, 8),
      (value, amount) => value.shiftRightArithmetic(amount),
    ),
  ];
}

function registers<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { x, xlen } = hart;
  const manual = "RISC-V Unprivileged 20240411, 27.5.3";

  const row = (
    mnemonic: string,
    funct6: string,
    funct2: string,
    operation: (a: Bits<X>, b: Bits<X>) => Bits<X>,
  ): Instruction =>
    instruction(mnemonic, `${funct6} rd:3 ${funct2} rs2:3 01`, {
      operands: { rd: x.both(3, 8), rs2: x.source(3, 8) },
      syntax: "rd, rs2",
      semantics: ({ rd, rs2 }) => rd.write(operation(rd.read(), rs2.read())),
      manual,
    });
  const word =
    (operation: (a: Bits<32>, b: Bits<32>) => Bits<32>) =>
    (a: Bits<X>, b: Bits<X>): Bits<X> =>
      operation(a.truncate(32), b.truncate(32)).signExtend(xlen);

  const full = [
    instruction("c.mv", "100 0 rd:5 rs2:5 10", {
      operands: { rd: x.destination(), rs2: x.source().except(0) },
      syntax: "rd, rs2",
      semantics: ({ rd, rs2 }) => rd.write(rs2.read()),
      manual,
    }),
    instruction("c.add", "100 1 rd:5 rs2:5 10", {
      operands: { rd: x.both(), rs2: x.source().except(0) },
      syntax: "rd, rs2",
      semantics: ({ rd, rs2 }) => rd.write(rd.read().add(rs2.read())),
      manual,
    }),
    row("c.sub", "100011", "00", (a, b) => a.sub(b)),
    row("c.xor", "100011", "01", (a, b) => a.xor(b)),
    row("c.or", "100011", "10", (a, b) => a.or(b)),
    row("c.and", "100011", "11", (a, b) => a.and(b)),
  ];
  if (xlen === 32) return full;
  return [
    ...full,
    row(
      "c.subw",
      "100111",
      "00",
      word((a, b) => a.sub(b)),
    ),
    row(
      "c.addw",
      "100111",
      "01",
      word((a, b) => a.add(b)),
    ),
  ];
}
