/**
 * The outside oracles: emulators and binary utilities that isovm's own results are compared with.
 * Names and packages are Debian's.
 */

/** What is known about an oracle before it is looked up. */
export interface OracleTool {
  /** Names of the executable, the first found on `PATH` is taken. */
  readonly executables: readonly string[];
  /** The Debian package that installs it. */
  readonly debianPackage: string;
}

/** The name of an oracle. */
export type OracleName =
  | "dtc"
  | "gdb-multiarch"
  | "python3"
  | "qemu-riscv32"
  | "qemu-riscv64"
  | "qemu-system-riscv64"
  | "riscv64-linux-gnu-as"
  | "riscv64-linux-gnu-gcc"
  | "riscv64-linux-gnu-ld"
  | "riscv64-linux-gnu-objcopy"
  | "riscv64-linux-gnu-objdump";

/** Every oracle that tests may ask for, by name. */
export const oracleTools: Readonly<Record<OracleName, OracleTool>> = {
  "qemu-riscv64": {
    executables: ["qemu-riscv64", "qemu-riscv64-static"],
    debianPackage: "qemu-user",
  },
  "qemu-riscv32": {
    executables: ["qemu-riscv32", "qemu-riscv32-static"],
    debianPackage: "qemu-user",
  },
  "qemu-system-riscv64": {
    executables: ["qemu-system-riscv64"],
    debianPackage: "qemu-system-misc",
  },
  "riscv64-linux-gnu-gcc": {
    executables: ["riscv64-linux-gnu-gcc"],
    debianPackage: "gcc-riscv64-linux-gnu",
  },
  "riscv64-linux-gnu-as": {
    executables: ["riscv64-linux-gnu-as"],
    debianPackage: "binutils-riscv64-linux-gnu",
  },
  "riscv64-linux-gnu-ld": {
    executables: ["riscv64-linux-gnu-ld"],
    debianPackage: "binutils-riscv64-linux-gnu",
  },
  "riscv64-linux-gnu-objcopy": {
    executables: ["riscv64-linux-gnu-objcopy"],
    debianPackage: "binutils-riscv64-linux-gnu",
  },
  "riscv64-linux-gnu-objdump": {
    executables: ["riscv64-linux-gnu-objdump"],
    debianPackage: "binutils-riscv64-linux-gnu",
  },
  "gdb-multiarch": { executables: ["gdb-multiarch"], debianPackage: "gdb-multiarch" },
  dtc: { executables: ["dtc"], debianPackage: "device-tree-compiler" },
  python3: { executables: ["python3"], debianPackage: "python3" },
};
