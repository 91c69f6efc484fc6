/** What a file is by its first bytes, in words for people. */

/** `e_machine` values that a user may meet. @see System V ABI, "Machine Information" */
const machines: Readonly<Record<number, readonly [name32: string, name64: string]>> = {
  2: ["SPARC", "SPARC"],
  3: ["x86", "x86"],
  8: ["MIPS", "MIPS64"],
  15: ["PA-RISC", "PA-RISC"],
  20: ["PowerPC", "PowerPC"],
  21: ["PowerPC64", "PowerPC64"],
  22: ["S/390", "S/390x"],
  40: ["ARM", "ARM"],
  43: ["SPARC V9", "SPARC V9"],
  50: ["IA-64", "IA-64"],
  62: ["x86-64 (x32)", "x86-64"],
  183: ["AArch64 (ILP32)", "AArch64"],
  243: ["riscv32", "riscv64"],
  258: ["LoongArch32", "LoongArch64"],
  36902: ["Alpha", "Alpha"],
};

const types: Readonly<Record<number, string>> = {
  1: "an object file",
  2: "an executable",
  3: "an executable",
  4: "a core dump",
};

/** An ELF file's header as far as its first twenty bytes. */
export interface ElfIdentity {
  readonly wordBits: 32 | 64;
  readonly littleEndian: boolean;
  readonly machine: number;
  /** For people: `an executable for x86-64`. */
  readonly description: string;
}

/** Bytes that {@link elfIdentity} and {@link otherKind} look at. */
export const identityBytes = 20;

/** What an ELF header begins with; undefined if the file is no ELF file or ends too early. */
export function elfIdentity(start: Uint8Array): ElfIdentity | undefined {
  if (!isElf(start) || start.length < identityBytes) return undefined;
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const wordBits = view.getUint8(4) === 1 ? 32 : 64;
  const littleEndian = view.getUint8(5) !== 2;
  const machine = view.getUint16(18, littleEndian);
  const name = machines[machine]?.[wordBits === 32 ? 0 : 1] ?? `machine ${machine}`;
  const order = !littleEndian && machine === 243 ? ", big-endian" : "";
  const type = types[view.getUint16(16, littleEndian)] ?? "an ELF file";
  return { wordBits, littleEndian, machine, description: `${type} for ${name}${order}` };
}

/** Whether a file has ELF's magic number. */
export function isElf(start: Uint8Array): boolean {
  return start[0] === 0x7f && start[1] === 0x45 && start[2] === 0x4c && start[3] === 0x46;
}

const magics: readonly (readonly [bytes: readonly number[], description: string])[] = [
  [[0x4d, 0x5a], "a Windows executable"],
  [[0xcf, 0xfa, 0xed, 0xfe], "a macOS executable"],
  [[0xce, 0xfa, 0xed, 0xfe], "a macOS executable"],
  [[0xca, 0xfe, 0xba, 0xbe], "a Java class or a macOS executable"],
  [[0x00, 0x61, 0x73, 0x6d], "a WebAssembly module"],
  [[0x1f, 0x8b], "gzip-compressed data"],
  [[0x50, 0x4b, 0x03, 0x04], "a zip archive"],
  [[0x21, 0x3c, 0x61, 0x72], "an archive"],
];

/** What a file is that is no ELF file: `a text file`. */
export function otherKind(start: Uint8Array): string {
  if (start.length === 0) return "empty";
  if (isElf(start)) return "a truncated ELF file";
  const known = magics.find(([magic]) => magic.every((byte, index) => start[index] === byte));
  if (known) return known[1];
  const isText = start.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));
  return isText ? "a text file" : "a data file";
}
