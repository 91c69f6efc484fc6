/**
 * Names of control and status registers in assembly text, those of the privileged part included,
 * because an assembler knows them whether or not a hart has them.
 *
 * @see RISC-V Privileged 20240411, 2.2 (CSR listing)
 */
import type { Xlen } from "./hart.ts";

/** A register's number and name. */
type Listing = readonly (readonly [number, string])[];

const common: Listing = [
  [0x001, "fflags"],
  [0x002, "frm"],
  [0x003, "fcsr"],
  ...numbered(0xc03, "hpmcounter", 3, 31),
  [0xc00, "cycle"],
  [0xc01, "time"],
  [0xc02, "instret"],

  [0x100, "sstatus"],
  [0x104, "sie"],
  [0x105, "stvec"],
  [0x106, "scounteren"],
  [0x10a, "senvcfg"],
  [0x140, "sscratch"],
  [0x141, "sepc"],
  [0x142, "scause"],
  [0x143, "stval"],
  [0x144, "sip"],
  [0x14d, "stimecmp"],
  [0x180, "satp"],
  [0x5a8, "scontext"],

  [0x300, "mstatus"],
  [0x301, "misa"],
  [0x302, "medeleg"],
  [0x303, "mideleg"],
  [0x304, "mie"],
  [0x305, "mtvec"],
  [0x306, "mcounteren"],
  [0x30a, "menvcfg"],
  [0x320, "mcountinhibit"],
  ...numbered(0x323, "mhpmevent", 3, 31),
  [0x340, "mscratch"],
  [0x341, "mepc"],
  [0x342, "mcause"],
  [0x343, "mtval"],
  [0x344, "mip"],
  [0x34a, "mtinst"],
  [0x34b, "mtval2"],
  ...numbered(0x3b0, "pmpaddr", 0, 63),
  [0x747, "mseccfg"],
  [0x7a0, "tselect"],
  [0x7a1, "tdata1"],
  [0x7a2, "tdata2"],
  [0x7a3, "tdata3"],
  [0x7a8, "mcontext"],
  [0x7b0, "dcsr"],
  [0x7b1, "dpc"],
  [0x7b2, "dscratch0"],
  [0x7b3, "dscratch1"],
  [0xb00, "mcycle"],
  [0xb02, "minstret"],
  ...numbered(0xb03, "mhpmcounter", 3, 31),
  [0xf11, "mvendorid"],
  [0xf12, "marchid"],
  [0xf13, "mimpid"],
  [0xf14, "mhartid"],
  [0xf15, "mconfigptr"],
];

/** The upper halves that 64-bit registers have on RV32. */
const upperHalves: Listing = [
  [0xc80, "cycleh"],
  [0xc81, "timeh"],
  [0xc82, "instreth"],
  ...numbered(0xc83, "hpmcounter", 3, 31, "h"),
  [0x15d, "stimecmph"],
  [0x310, "mstatush"],
  [0x31a, "menvcfgh"],
  [0x757, "mseccfgh"],
  [0xb80, "mcycleh"],
  [0xb82, "minstreth"],
  ...numbered(0xb83, "mhpmcounter", 3, 31, "h"),
];

/** The names of control and status registers by number. */
export function controlRegisterNames(xlen: Xlen): Readonly<Record<number, string>> {
  return Object.fromEntries(
    xlen === 64
      ? [...common, ...numbered(0x3a0, "pmpcfg", 0, 14, "", 2)]
      : [...common, ...upperHalves, ...numbered(0x3a0, "pmpcfg", 0, 15)],
  );
}

/** Registers `from` to `to` at ascending numbers; RV64 has every second `pmpcfg` only. */
function numbered(
  number: number,
  prefix: string,
  from: number,
  to: number,
  suffix = "",
  step = 1,
): Listing {
  const listing: (readonly [number, string])[] = [];
  for (let index = from; index <= to; index += step) {
    listing.push([number + index - from, `${prefix}${index}${suffix}`]);
  }
  return listing;
}
