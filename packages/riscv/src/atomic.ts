/**
 * A: atomic instructions, in the parts Zaamo (read-modify-write) and Zalrsc (load-reserved and
 * store-conditional).
 *
 * @see RISC-V Unprivileged 20240411, 14
 */
import {
  type AcquireRelease,
  type AtomicOperator,
  type Bits,
  type Extension,
  type Instruction,
  instruction,
  mapOperand,
  named,
  type Operand,
} from "@isovm/isa-spec";
import type { Hart, Xlen } from "./hart.ts";

/** The aq and rl bits, which stand in the mnemonic. */
function orderingOperand(): Operand<AcquireRelease> {
  const names: Operand<Bits<2>> = named(2, { 0: "", 1: ".rl", 2: ".aq", 3: ".aqrl" });
  return mapOperand(names, (bits) => ({ acquire: bits.bit(1), release: bits.bit(0) }));
}

/** Words, and doublewords on RV64: mnemonic letter, funct3 and width in bits. */
function sizes(xlen: Xlen): readonly (readonly ["w" | "d", string, 32 | 64])[] {
  return xlen === 64 ? [["w", "010", 32] as const, ["d", "011", 64] as const] : [["w", "010", 32]];
}

/** Zaamo: atomic read-modify-write of memory. */
export function atomicMemoryOperations<X extends Xlen>(hart: Hart<X>): Extension {
  const { x, xlen, memory } = hart;
  const rows = (
    mnemonic: string,
    funct5: string,
    operator: AtomicOperator,
  ): readonly Instruction[] =>
    sizes(xlen).map(([letter, funct3, width]) =>
      instruction(
        `${mnemonic}.${letter}{ordering}`,
        `${funct5} ordering:2 rs2:5 rs1:5 ${funct3} rd:5 0101111`,
        {
          operands: {
            rd: x.destination(),
            rs1: x.source(),
            rs2: x.source(),
            ordering: orderingOperand(),
          },
          syntax: "rd, rs2, (rs1)",
          semantics: ({ rd, rs1, rs2, ordering }) => {
            const value: Bits<32 | 64> = rs2.read().truncate(width);
            const old = memory.atomic(operator, width, rs1.read(), value, ordering);
            rd.write(old.signExtend(xlen));
          },
          manual: "RISC-V Unprivileged 20240411, 14.4",
        },
      ),
    );
  return {
    name: "Zaamo",
    title: "Atomic memory operations",
    instructions: [
      ...rows("amoswap", "00001", "swap"),
      ...rows("amoadd", "00000", "add"),
      ...rows("amoxor", "00100", "xor"),
      ...rows("amoand", "01100", "and"),
      ...rows("amoor", "01000", "or"),
      ...rows("amomin", "10000", "minSigned"),
      ...rows("amomax", "10100", "maxSigned"),
      ...rows("amominu", "11000", "minUnsigned"),
      ...rows("amomaxu", "11100", "maxUnsigned"),
    ],
  };
}

/** Zalrsc: load-reserved and store-conditional. */
export function loadReserved<X extends Xlen>(hart: Hart<X>): Extension {
  const { x, xlen, memory } = hart;
  return {
    name: "Zalrsc",
    title: "Load-reserved and store-conditional",
    instructions: sizes(xlen).flatMap(([letter, funct3, width]) => [
      instruction(`lr.${letter}{ordering}`, `00010 ordering:2 00000 rs1:5 ${funct3} rd:5 0101111`, {
        operands: { rd: x.destination(), rs1: x.source(), ordering: orderingOperand() },
        syntax: "rd, (rs1)",
        semantics: ({ rd, rs1, ordering }) =>
          rd.write(memory.loadReserved(width, rs1.read(), ordering).signExtend(xlen)),
        manual: "RISC-V Unprivileged 20240411, 14.2",
      }),
      instruction(`sc.${letter}{ordering}`, `00011 ordering:2 rs2:5 rs1:5 ${funct3} rd:5 0101111`, {
        operands: {
          rd: x.destination(),
          rs1: x.source(),
          rs2: x.source(),
          ordering: orderingOperand(),
        },
        syntax: "rd, rs2, (rs1)",
        semantics: ({ rd, rs1, rs2, ordering }) => {
          const value: Bits<32 | 64> = rs2.read().truncate(width);
          const success = memory.storeConditional(width, rs1.read(), value, ordering);
          rd.write(success.not().zeroExtend(xlen));
        },
        manual: "RISC-V Unprivileged 20240411, 14.2",
      }),
    ]),
  };
}
