/**
 * Section headers and a symbol table behind an executable, so that disassemblers and debuggers
 * know its labels.
 *
 * @see System V ABI, edition 4.1, chapter 4, "Sections" and "Symbol Table"
 */
import type { AssembledSection, Assembly } from "@isovm/decoder";
import { Fields, StringTable } from "./fields.ts";

const sectionType = { none: 0, bits: 1, symbols: 2, strings: 3, noBits: 8 } as const;
const flag = { write: 1, allocated: 2, executable: 4 } as const;
const globalLabel = 0x10;
const absoluteSection = 0xfff1;

interface Section {
  readonly name: string;
  readonly type: number;
  readonly flags?: number;
  readonly address?: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link?: number;
  readonly info?: number;
  readonly alignment: number;
  readonly entrySize?: number;
}

/** A little-endian executable of an assembled program with headers for what it consists of. */
export function withSymbols(
  executable: Uint8Array,
  assembly: Assembly,
  wordBits: 32 | 64,
): Uint8Array {
  const parts: Uint8Array[] = [executable];
  let end = executable.length;
  const append = (bytes: Uint8Array): { offset: number; size: number } => {
    const padding = -end & 7;
    parts.push(new Uint8Array(padding), bytes);
    const offset = end + padding;
    end = offset + bytes.length;
    return { offset, size: bytes.length };
  };
  const names = new StringTable();
  const symbols = append(symbolTable(assembly, names, wordBits));
  const loaded = assembly.sections.map((section) => loadedSection(section, executable, wordBits));
  const sections: Section[] = [
    { name: "", type: sectionType.none, offset: 0, size: 0, alignment: 0 },
    ...loaded,
    {
      name: ".symtab",
      type: sectionType.symbols,
      ...symbols,
      link: loaded.length + 2,
      // The first entry is the empty one; all others are global.
      info: 1,
      alignment: 8,
      entrySize: wordBits === 64 ? 24 : 16,
    },
    { name: ".strtab", type: sectionType.strings, ...append(names.bytes()), alignment: 1 },
  ];
  const sectionNames = new StringTable();
  for (const name of [...sections.map((section) => section.name), ".shstrtab"]) {
    sectionNames.add(name);
  }
  const nameBytes = append(sectionNames.bytes());
  sections.push({ name: ".shstrtab", type: sectionType.strings, ...nameBytes, alignment: 1 });

  const headers = new Fields(wordBits);
  for (const section of sections) sectionHeader(headers, section, sectionNames);
  const { offset } = append(headers.bytes());
  const file = Buffer.concat(parts);
  return patchHeader(file, wordBits, offset, sections.length);
}

function loadedSection(
  { name, address, bytes, isZeroFilled }: AssembledSection,
  executable: Uint8Array,
  wordBits: 32 | 64,
): Section {
  const access = /^\.text\b/.test(name)
    ? flag.executable
    : /^\.rodata\b/.test(name)
      ? 0
      : flag.write;
  return {
    name,
    type: isZeroFilled ? sectionType.noBits : sectionType.bits,
    flags: flag.allocated | access,
    address,
    offset: fileOffset(executable, address, wordBits),
    size: bytes.length,
    alignment: 1,
  };
}

/** Where the segments have an address in the file. */
function fileOffset(executable: Uint8Array, address: bigint, wordBits: 32 | 64): number {
  const view = new DataView(executable.buffer, executable.byteOffset);
  const is64 = wordBits === 64;
  const word = (at: number): bigint =>
    is64 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true));
  const table = Number(word(is64 ? 32 : 28));
  const size = view.getUint16(is64 ? 54 : 42, true);
  const count = view.getUint16(is64 ? 56 : 44, true);
  for (let at = table; at < table + size * count; at += size) {
    const offset = word(at + (is64 ? 8 : 4));
    const start = word(at + (is64 ? 16 : 8));
    const length = word(at + (is64 ? 40 : 20));
    if (start <= address && address < start + length) return Number(offset + address - start);
  }
  return 0;
}

function symbolTable(assembly: Assembly, names: StringTable, wordBits: 32 | 64): Uint8Array {
  const fields = new Fields(wordBits);
  const entry = (name: number, value: bigint, info: number, section: number): void => {
    fields.word(name);
    if (wordBits === 32) fields.address(value).address(0n);
    fields.byte(info).byte(0).half(section);
    if (wordBits === 64) fields.address(value).address(0n);
  };
  entry(names.add(""), 0n, 0, 0);
  for (const [name, value] of assembly.symbols) {
    const index = assembly.sections.findIndex(
      ({ address, bytes }) => address <= value && value <= address + BigInt(bytes.length),
    );
    const section = index < 0 ? absoluteSection : index + 1;
    entry(names.add(name), BigInt.asUintN(wordBits, value), globalLabel, section);
  }
  return fields.bytes();
}

function sectionHeader(fields: Fields, section: Section, names: StringTable): void {
  fields.word(names.add(section.name)).word(section.type);
  fields.address(BigInt(section.flags ?? 0)).address(section.address ?? 0n);
  fields.address(BigInt(section.offset)).address(BigInt(section.size));
  fields.word(section.link ?? 0).word(section.info ?? 0);
  fields.address(BigInt(section.alignment)).address(BigInt(section.entrySize ?? 0));
}

/** Enters the section headers into the ELF header; the names are the last section. */
function patchHeader(
  file: Uint8Array,
  wordBits: 32 | 64,
  offset: number,
  count: number,
): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset);
  const is64 = wordBits === 64;
  if (is64) view.setBigUint64(40, BigInt(offset), true);
  else view.setUint32(32, offset, true);
  const sizes = is64 ? 58 : 46;
  view.setUint16(sizes, is64 ? 64 : 40, true);
  view.setUint16(sizes + 2, count, true);
  view.setUint16(sizes + 4, count - 1, true);
  return file;
}
