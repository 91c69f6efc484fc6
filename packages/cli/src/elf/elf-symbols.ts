/**
 * Sections and symbols of ELF files, for disassembly. Files are not trusted: what lies outside of
 * the file isn't there.
 *
 * @see System V ABI, edition 4.1, chapter 4
 */
import { type ElfIdentity, elfIdentity } from "./file-kind.ts";

/** Bytes at an address. */
export interface CodeSection {
  readonly name: string;
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

/** A name of an address. */
export interface ElfSymbol {
  readonly name: string;
  readonly address: bigint;
  readonly isGlobal: boolean;
}

/** What a disassembly needs of a file. */
export interface ElfCode {
  readonly identity: ElfIdentity;
  /** Executable sections; executable segments where there are no sections. */
  readonly sections: readonly CodeSection[];
  /** Symbols in the order of their addresses, functions and labels only. */
  readonly symbols: readonly ElfSymbol[];
}

interface SectionHeader {
  readonly nameOffset: number;
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly entrySize: number;
}

const sectionType = { symbols: 2, noBits: 8, dynamicSymbols: 11 } as const;
const executableSection = 4n;
const loadSegment = 1;
const executableSegment = 1;
/** From here on section numbers are no sections: absolute values, common data. */
const reservedSections = 0xff00;
/** Symbols of these kinds name no code: data objects are fine, sections, files, TLS aren't. */
const codeSymbolTypes: readonly number[] = [0, 1, 2];

/** Reads a file; undefined if it is no ELF file, or its header ends too early. */
export function readElfCode(file: Uint8Array): ElfCode | undefined {
  const identity = elfIdentity(file);
  if (!identity || file.length < (identity.wordBits === 64 ? 64 : 52)) return undefined;
  const reader = new ElfReader(file, identity);
  const headers = reader.sectionHeaders();
  const names = headers[reader.sectionNames];
  const sections = headers
    .filter(({ flags, type }) => (flags & executableSection) !== 0n && type !== sectionType.noBits)
    .map((header) => ({
      name: names ? reader.string(names, header.nameOffset) : "",
      address: header.address,
      bytes: reader.contents(header),
    }));
  return {
    identity,
    sections: sections.length > 0 ? sections : reader.executableSegments(),
    symbols: reader.symbols(headers),
  };
}

class ElfReader {
  readonly #file: Uint8Array;
  readonly #view: DataView;
  readonly #isLittle: boolean;
  readonly #is64: boolean;

  constructor(file: Uint8Array, { wordBits, littleEndian }: ElfIdentity) {
    this.#file = file;
    this.#view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    this.#is64 = wordBits === 64;
    this.#isLittle = littleEndian;
  }

  get sectionNames(): number {
    return this.#half(this.#is64 ? 62 : 50);
  }

  sectionHeaders(): readonly SectionHeader[] {
    const [offset, size, count] = this.#is64
      ? [this.#number(40), this.#half(58), this.#half(60)]
      : [this.#number(32), this.#half(46), this.#half(48)];
    return this.#table(offset, size, this.#is64 ? 64 : 40, count).map((at) =>
      this.#is64
        ? {
            nameOffset: this.#word(at),
            type: this.#word(at + 4),
            flags: this.#address(at + 8),
            address: this.#address(at + 16),
            offset: this.#number(at + 24),
            size: this.#number(at + 32),
            link: this.#word(at + 40),
            entrySize: this.#number(at + 56),
          }
        : {
            nameOffset: this.#word(at),
            type: this.#word(at + 4),
            flags: this.#address(at + 8),
            address: this.#address(at + 12),
            offset: this.#number(at + 16),
            size: this.#number(at + 20),
            link: this.#word(at + 24),
            entrySize: this.#number(at + 36),
          },
    );
  }

  executableSegments(): readonly CodeSection[] {
    const [offset, size, count] = this.#is64
      ? [this.#number(32), this.#half(54), this.#half(56)]
      : [this.#number(28), this.#half(42), this.#half(44)];
    return this.#table(offset, size, this.#is64 ? 56 : 32, count)
      .filter((at) => {
        const flags = this.#word(at + (this.#is64 ? 4 : 24));
        return this.#word(at) === loadSegment && (flags & executableSegment) !== 0;
      })
      .map((at) => {
        const [start, address, length] = this.#is64
          ? [this.#number(at + 8), this.#address(at + 16), this.#number(at + 32)]
          : [this.#number(at + 4), this.#address(at + 8), this.#number(at + 16)];
        return { name: "", address, bytes: this.#file.subarray(start, start + length) };
      });
  }

  /** The static symbol table's, else the dynamic one's. */
  symbols(headers: readonly SectionHeader[]): readonly ElfSymbol[] {
    const table =
      headers.find(({ type }) => type === sectionType.symbols) ??
      headers.find(({ type }) => type === sectionType.dynamicSymbols);
    const names = table && headers[table.link];
    if (!table || !names) return [];
    const minimum = this.#is64 ? 24 : 16;
    const count = Math.floor(table.size / Math.max(table.entrySize, minimum));
    return this.#table(table.offset, table.entrySize, minimum, count)
      .map((at) => ({
        name: this.string(names, this.#word(at)),
        info: this.#byte(at + (this.#is64 ? 4 : 12)),
        section: this.#half(at + (this.#is64 ? 6 : 14)),
        address: this.#address(at + (this.#is64 ? 8 : 4)),
      }))
      .filter(
        // Names with a dollar are mapping symbols: they tell code from data.
        ({ name, info, section }) =>
          name !== "" &&
          !/^\$[dx]/.test(name) &&
          codeSymbolTypes.includes(info & 15) &&
          section !== 0 &&
          section < reservedSections,
      )
      .map(({ name, info, address }) => ({ name, address, isGlobal: info >> 4 !== 0 }))
      .sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  }

  contents({ offset, size }: SectionHeader): Uint8Array {
    return this.#file.subarray(offset, offset + size);
  }

  string(table: SectionHeader, at: number): string {
    const bytes = this.contents(table).subarray(at);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
  }

  /** Offsets of a table's entries, as far as they lie in the file. */
  #table(offset: number, size: number, minimum: number, count: number): readonly number[] {
    if (size < minimum) return [];
    const fitting = Math.floor((this.#file.length - offset) / size);
    return Array.from(
      { length: Math.max(0, Math.min(count, fitting)) },
      (_, index) => offset + index * size,
    );
  }

  #byte(at: number): number {
    return this.#view.getUint8(at);
  }
  #half(at: number): number {
    return this.#view.getUint16(at, this.#isLittle);
  }
  #word(at: number): number {
    return this.#view.getUint32(at, this.#isLittle);
  }
  #address(at: number): bigint {
    return this.#is64
      ? this.#view.getBigUint64(at, this.#isLittle)
      : BigInt(this.#view.getUint32(at, this.#isLittle));
  }
  /** An offset or a size; those beyond any file stay beyond it. */
  #number(at: number): number {
    return Number(this.#address(at));
  }
}
