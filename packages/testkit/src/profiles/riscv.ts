/**
 * How test programs of RV32 and RV64 are built.
 *
 * @see RISC-V Unprivileged 20240411
 */
import type { Isa } from "@isovm/isa-spec";
import { shapeOf } from "../program/row-shape.ts";
import type { TestProfile } from "./profile.ts";
import { encodeNamed } from "./rows.ts";

/** sp, s0 and s1: what compressed loads and stores can address. */
const sandboxRegisters = [2, 8, 9].map((register) => ({ file: "x", register }));
const scratch = 31;
const counter = 27;

/** fflags, frm and fcsr. */
const floatControlRegisters = [1n, 2n, 3n];
/** cycle, time and instret, and on RV32 their upper halves. */
const counters = [0xc00n, 0xc01n, 0xc02n];
const upperCounters = [0xc80n, 0xc81n, 0xc82n];

/** The profile of a RISC-V ISA. */
export function riscvProfile(isa: Isa): TestProfile {
  const encode = (mnemonic: string, fields: Readonly<Record<string, number>>) =>
    encodeNamed(isa, mnemonic, fields);
  const nop = encode("addi", { rd: 0, rs1: 0, imm: 0 });
  const hasCompressed = isa.instructions.some((row) => row.mnemonic === "c.addi");
  const f = isa.layout.files.get("f")?.definition;
  const hasCounters = isa.instructions.some((row) => shapeOf(row).readsRetired);
  const controlRegisters = [
    ...(f === undefined ? [] : [...floatControlRegisters, ...floatControlRegisters]),
    ...(hasCounters ? counters : []),
    ...(hasCounters && isa.addressWidth === 32 ? upperCounters : []),
  ];
  return {
    isa,
    nops: hasCompressed ? [nop, encode("c.addi", { rd: 0, imm: 0 })] : [nop],
    exit: encode("ecall", {}),
    exitEffect: "systemCall",
    sandboxRegisters,
    scratch: { file: "x", register: scratch },
    counter: { file: "x", register: counter },
    codeAddress(distance) {
      const low = ((distance + 0x800) % 0x1000) - 0x800;
      return [
        encode("auipc", { rd: scratch, imm: (distance - low) / 0x1000 }),
        encode("addi", { rd: scratch, rs1: scratch, imm: low }),
      ];
    },
    loop: (rounds) => ({
      begin: [encode("addi", { rd: counter, rs1: 0, imm: rounds })],
      end: (distance) => [
        encode("addi", { rd: counter, rs1: counter, imm: -1 }),
        encode("bne", { rs1: counter, rs2: 0, imm: distance - 4 }),
      ],
    }),
    floatFiles: f === undefined ? {} : { f: f.width === 64 ? [32, 64] : [32] },
    usualRegisters: { frm: [0n, 1n, 2n, 3n, 4n] },
    usualValues: (_, operand) => (operand === "csr" ? controlRegisters : undefined),
  };
}
