/**
 * The base integer instructions of RV32I and RV64I.
 *
 * @see RISC-V Unprivileged 20240411, 2 (RV32I) and 4 (RV64I)
 */
import {
  type AccessWidth,
  type Bits,
  bits,
  type Extension,
  effect,
  fence,
  type Instruction,
  instruction,
  jump,
  letterSet,
  nextPc,
  pc,
  signed,
  target,
  unsigned,
  when,
} from "@isovm/isa-spec";
import type { ExtensionName } from "./extensions.ts";
import type { Hart, Xlen } from "./hart.ts";
import { integerPseudoInstructions } from "./integer-pseudo.ts";
import { integerWords } from "./integer-words.ts";

/** I: the base integer instruction set. */
export function integer<X extends Xlen>(hart: Hart<X>, set: ReadonlySet<ExtensionName>): Extension {
  return {
    name: "I",
    title: `RV${hart.xlen}I base integer instruction set`,
    instructions: [
      ...computation(hart),
      ...controlTransfer(hart),
      ...loadsAndStores(hart),
      ...system(),
      ...integerWords(hart),
    ],
    pseudoInstructions: integerPseudoInstructions(hart.xlen, set),
  };
}

function computation<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { x, xlen, shiftWidth } = hart;
  const flag = (condition: Bits<1>): Bits<X> => condition.zeroExtend(xlen);

  const registerImmediate = (
    mnemonic: string,
    funct3: string,
    operation: (a: Bits<X>, imm: Bits<X>) => Bits<X>,
  ): Instruction =>
    instruction(mnemonic, `imm:12 rs1:5 ${funct3} rd:5 0010011`, {
      operands: { rd: x.destination(), rs1: x.source(), imm: signed(12, xlen) },
      syntax: "rd, rs1, imm",
      semantics: ({ rd, rs1, imm }) => rd.write(operation(rs1.read(), imm)),
      manual: "RISC-V Unprivileged 20240411, 2.4.1",
    });

  const shiftImmediate = (
    mnemonic: string,
    funct6: string,
    funct3: string,
    operation: (a: Bits<X>, amount: Bits<X>) => Bits<X>,
  ): Instruction => {
    // Bit 5 of the amount is zero on RV32: a set bit is a reserved encoding there.
    const amount = xlen === 64 ? "shamt:6" : "0 shamt:5";
    return instruction(mnemonic, `${funct6} ${amount} rs1:5 ${funct3} rd:5 0010011`, {
      operands: { rd: x.destination(), rs1: x.source(), shamt: unsigned(shiftWidth, xlen, 16) },
      syntax: "rd, rs1, shamt",
      semantics: ({ rd, rs1, shamt }) => rd.write(operation(rs1.read(), shamt)),
      manual: "RISC-V Unprivileged 20240411, 2.4.1 and 4.2.1",
    });
  };

  const registerRegister = (
    mnemonic: string,
    funct7: string,
    funct3: string,
    operation: (a: Bits<X>, b: Bits<X>) => Bits<X>,
  ): Instruction =>
    instruction(mnemonic, `${funct7} rs2:5 rs1:5 ${funct3} rd:5 0110011`, {
      operands: { rd: x.destination(), rs1: x.source(), rs2: x.source() },
      syntax: "rd, rs1, rs2",
      semantics: ({ rd, rs1, rs2 }) => rd.write(operation(rs1.read(), rs2.read())),
      manual: "RISC-V Unprivileged 20240411, 2.4.2",
    });

  const shift = (value: Bits<X>): Bits => value.truncate(shiftWidth);

  return [
    registerImmediate("addi", "000", (a, imm) => a.add(imm)),
    registerImmediate("slti", "010", (a, imm) => flag(a.lessSigned(imm))),
    registerImmediate("sltiu", "011", (a, imm) => flag(a.lessUnsigned(imm))),
    registerImmediate("xori", "100", (a, imm) => a.xor(imm)),
    registerImmediate("ori", "110", (a, imm) => a.or(imm)),
    registerImmediate("andi", "111", (a, imm) => a.and(imm)),
    shiftImmediate("slli", "000000", "001", (a, amount) => a.shiftLeft(amount)),
    shiftImmediate("srli", "000000", "101", (a, amount) => a.shiftRightLogical(amount)),
    shiftImmediate("srai", "010000", "101", (a, amount) => a.shiftRightArithmetic(amount)),
    instruction("lui", "imm:20 rd:5 0110111", {
      operands: { rd: x.destination(), imm: unsigned(20, 32, 16) },
      syntax: "rd, imm",
      semantics: ({ rd, imm }) => rd.write(imm.shiftLeft(12).signExtend(xlen)),
      manual: "RISC-V Unprivileged 20240411, 2.4.1",
    }),
    instruction("auipc", "imm:20 rd:5 0010111", {
      operands: { rd: x.destination(), imm: unsigned(20, 32, 16) },
      syntax: "rd, imm",
      semantics: ({ rd, imm }) => rd.write(pc(xlen).add(imm.shiftLeft(12).signExtend(xlen))),
      manual: "RISC-V Unprivileged 20240411, 2.4.1",
    }),
    registerRegister("add", "0000000", "000", (a, b) => a.add(b)),
    registerRegister("sub", "0100000", "000", (a, b) => a.sub(b)),
    registerRegister("sll", "0000000", "001", (a, b) => a.shiftLeft(shift(b))),
    registerRegister("slt", "0000000", "010", (a, b) => flag(a.lessSigned(b))),
    registerRegister("sltu", "0000000", "011", (a, b) => flag(a.lessUnsigned(b))),
    registerRegister("xor", "0000000", "100", (a, b) => a.xor(b)),
    registerRegister("srl", "0000000", "101", (a, b) => a.shiftRightLogical(shift(b))),
    registerRegister("sra", "0100000", "101", (a, b) => a.shiftRightArithmetic(shift(b))),
    registerRegister("or", "0000000", "110", (a, b) => a.or(b)),
    registerRegister("and", "0000000", "111", (a, b) => a.and(b)),
  ];
}

function controlTransfer<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { x, xlen, checkTarget } = hart;

  const branch = (
    mnemonic: string,
    funct3: string,
    taken: (a: Bits<X>, b: Bits<X>) => Bits<1>,
  ): Instruction =>
    instruction(mnemonic, `imm[12|10:5] rs2:5 rs1:5 ${funct3} imm[4:1|11] 1100011`, {
      operands: { rs1: x.source(), rs2: x.source(), imm: target(13, xlen) },
      syntax: "rs1, rs2, imm",
      semantics: ({ rs1, rs2, imm }) => {
        when(taken(rs1.read(), rs2.read()), () => {
          const destination = pc(xlen).add(imm);
          checkTarget(destination);
          jump(destination);
        });
      },
      manual: "RISC-V Unprivileged 20240411, 2.5.2",
    });

  return [
    instruction("jal", "imm[20|10:1|11|19:12] rd:5 1101111", {
      operands: { rd: x.destination(), imm: target(21, xlen) },
      syntax: "rd, imm",
      semantics: ({ rd, imm }) => {
        const destination = pc(xlen).add(imm);
        checkTarget(destination);
        rd.write(nextPc(xlen));
        jump(destination);
      },
      manual: "RISC-V Unprivileged 20240411, 2.5.1",
    }),
    instruction("jalr", "imm:12 rs1:5 000 rd:5 1100111", {
      operands: { rd: x.destination(), rs1: x.source(), imm: signed(12, xlen) },
      syntax: "rd, imm(rs1)",
      semantics: ({ rd, rs1, imm }) => {
        const destination = rs1.read().add(imm).and(-2);
        checkTarget(destination);
        rd.write(nextPc(xlen));
        jump(destination);
      },
      manual: "RISC-V Unprivileged 20240411, 2.5.1",
    }),
    branch("beq", "000", (a, b) => a.equal(b)),
    branch("bne", "001", (a, b) => a.notEqual(b)),
    branch("blt", "100", (a, b) => a.lessSigned(b)),
    branch("bge", "101", (a, b) => a.greaterEqualSigned(b)),
    branch("bltu", "110", (a, b) => a.lessUnsigned(b)),
    branch("bgeu", "111", (a, b) => a.greaterEqualUnsigned(b)),
  ];
}

function loadsAndStores<X extends Xlen>(hart: Hart<X>): readonly Instruction[] {
  const { x, xlen, memory } = hart;

  const load = (
    mnemonic: string,
    funct3: string,
    width: AccessWidth,
    extend: "sign" | "zero",
  ): Instruction =>
    instruction(mnemonic, `imm:12 rs1:5 ${funct3} rd:5 0000011`, {
      operands: { rd: x.destination(), rs1: x.source(), imm: signed(12, xlen) },
      syntax: "rd, imm(rs1)",
      semantics: ({ rd, rs1, imm }) => {
        const value = memory.load(width, rs1.read().add(imm));
        rd.write(extend === "sign" ? value.signExtend(xlen) : value.zeroExtend(xlen));
      },
      manual: "RISC-V Unprivileged 20240411, 2.6 and 4.3",
    });

  const store = (mnemonic: string, funct3: string, width: AccessWidth): Instruction =>
    instruction(mnemonic, `imm[11:5] rs2:5 rs1:5 ${funct3} imm[4:0] 0100011`, {
      operands: { rs2: x.source(), rs1: x.source(), imm: signed(12, xlen) },
      syntax: "rs2, imm(rs1)",
      semantics: ({ rs2, rs1, imm }) => {
        memory.store(width, rs1.read().add(imm), rs2.read().truncate(width));
      },
      manual: "RISC-V Unprivileged 20240411, 2.6 and 4.3",
    });

  const common = [
    load("lb", "000", 8, "sign"),
    load("lh", "001", 16, "sign"),
    load("lw", "010", 32, "sign"),
    load("lbu", "100", 8, "zero"),
    load("lhu", "101", 16, "zero"),
    store("sb", "000", 8),
    store("sh", "001", 16),
    store("sw", "010", 32),
  ];
  if (xlen === 32) return common;
  return [
    ...common,
    load("lwu", "110", 32, "zero"),
    load("ld", "011", 64, "sign"),
    store("sd", "011", 64),
  ];
}

function system(): readonly Instruction[] {
  return [
    // The mode and both registers are reserved for finer fences; until then they are ignored.
    instruction("fence", "---- pred:4 succ:4 ----- 000 ----- 0001111", {
      operands: { pred: letterSet(4, "iorw"), succ: letterSet(4, "iorw") },
      syntax: "pred, succ",
      semantics: ({ pred, succ }) => fence(pred, succ),
      manual: "RISC-V Unprivileged 20240411, 2.7",
    }),
    instruction("fence.tso", "1000 0011 0011 ----- 000 ----- 0001111", {
      operands: {},
      syntax: "",
      semantics: () => fence(bits(4, 0b0011), bits(4, 0b0011)),
      manual: "RISC-V Unprivileged 20240411, 2.7",
    }),
    instruction("ecall", "000000000000 00000 000 00000 1110011", {
      operands: {},
      syntax: "",
      semantics: () => effect("systemCall"),
      manual: "RISC-V Unprivileged 20240411, 2.8",
    }),
    instruction("ebreak", "000000000001 00000 000 00000 1110011", {
      operands: {},
      syntax: "",
      semantics: () => effect("breakpoint"),
      manual: "RISC-V Unprivileged 20240411, 2.8",
    }),
  ];
}
