/**
 * ELF executables: header and program headers, 32 and 64 bits, either byte order, fully checked.
 * Nothing that a file says is believed before it is compared with the file's size.
 * @see System V Application Binary Interface, chapter 4 "Object Files"; elf(5)
 */
import { ExecutableError } from "./executable-error.ts";

/** `e_type` values that can be executed. */
export const elfTypes = { ET_EXEC: 2, ET_DYN: 3 } as const;
/** `p_type` values that the loader looks at. */
export const segmentTypes = {
  PT_LOAD: 1,
  PT_DYNAMIC: 2,
  PT_INTERP: 3,
  PT_PHDR: 6,
  PT_TLS: 7,
  PT_GNU_STACK: 0x6474_e551,
} as const;
/** `p_flags` bits. */
export const segmentFlags = { PF_X: 1, PF_W: 2, PF_R: 4 } as const;

/** A program header; addresses and sizes are numbers, exact below 2^53 and refused beyond. */
export interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly virtualAddress: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
  readonly alignment: number;
}

/** What the headers of an executable say. */
export interface ElfFile {
  readonly wordBits: 32 | 64;
  readonly littleEndian: boolean;
  readonly type: number;
  readonly machine: number;
  readonly flags: number;
  readonly entry: number;
  readonly programHeaderOffset: number;
  readonly programHeaderBytes: number;
  readonly programHeaders: readonly ProgramHeader[];
}

/** Random access to a file's bytes. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Fills as much of `target` as the file has from `offset` on; gives how much. */
  read(offset: number, target: Uint8Array): number;
}

/** The bytes themselves as a source. */
export function byteSource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    read(offset, target) {
      const part = bytes.subarray(offset, offset + target.length);
      target.set(part);
      return part.length;
    },
  };
}

/** What the machine can run: compared with the header. */
export interface ElfExpectation {
  readonly machine: number;
  readonly wordBits: 32 | 64;
  readonly littleEndian: boolean;
  /** What is wrong with the header's `e_flags` (32 bits), for people; undefined if nothing is. */
  checkFlags(flags: number): string | undefined;
}

const IDENT_BYTES = 16;
// Linux's limit for the whole table of program headers.
const MAX_TABLE_BYTES = 65536;

/** Reads the headers. @throws ExecutableError if they are damaged. */
export function parseElf(source: ByteSource): ElfFile {
  const ident = readExactly(source, 0, IDENT_BYTES, "the file is too short for an ELF header");
  if (ident[0] !== 0x7f || ident[1] !== 0x45 || ident[2] !== 0x4c || ident[3] !== 0x46) {
    throw new ExecutableError("not an ELF file (bad magic)");
  }
  const wordBits = choose(ident[4], 32, 64, "unknown ELF class");
  const littleEndian = choose(ident[5], true, false, "unknown ELF byte order");
  if (ident[6] !== 1) throw new ExecutableError("unknown ELF version");

  const headerBytes = wordBits === 64 ? 64 : 52;
  const header = new Reader(
    readExactly(source, 0, headerBytes, "the ELF header is truncated"),
    wordBits,
    littleEndian,
  );
  header.at = IDENT_BYTES;
  const type = header.u16();
  const machine = header.u16();
  if (header.u32() !== 1) throw new ExecutableError("unknown ELF version");
  const entry = header.word();
  const programHeaderOffset = header.word();
  header.word();
  const flags = header.u32();
  const ownBytes = header.u16();
  if (ownBytes !== headerBytes) throw new ExecutableError("the ELF header has a wrong size");
  const programHeaderBytes = header.u16();
  const count = header.u16();
  const expectedBytes = wordBits === 64 ? 56 : 32;
  if (count === 0) throw new ExecutableError("the file has no program headers");
  if (programHeaderBytes !== expectedBytes) {
    throw new ExecutableError("program headers have a wrong size");
  }
  if (count * programHeaderBytes > MAX_TABLE_BYTES) {
    throw new ExecutableError("too many program headers");
  }
  const table = new Reader(
    readExactly(
      source,
      programHeaderOffset,
      count * programHeaderBytes,
      "the program headers are truncated",
    ),
    wordBits,
    littleEndian,
  );
  const programHeaders: ProgramHeader[] = [];
  for (let index = 0; index < count; index += 1) programHeaders.push(table.programHeader());
  return {
    wordBits,
    littleEndian,
    type,
    machine,
    flags,
    entry,
    programHeaderOffset,
    programHeaderBytes,
    programHeaders,
  };
}

/** Checks that an executable is for the machine, and that its segments make sense. @throws ExecutableError. */
export function checkElf(
  elf: ElfFile,
  expected: ElfExpectation,
  sizeBytes: number,
  limit: number,
): void {
  if (elf.machine !== expected.machine) {
    throw new ExecutableError(
      `an executable for another machine (e_machine ${elf.machine}, not ${expected.machine})`,
    );
  }
  if (elf.wordBits !== expected.wordBits) {
    throw new ExecutableError(`a ${elf.wordBits}-bit executable, not ${expected.wordBits}-bit`);
  }
  if (elf.littleEndian !== expected.littleEndian) {
    throw new ExecutableError("an executable of the other byte order");
  }
  const complaint = expected.checkFlags(elf.flags);
  if (complaint !== undefined) throw new ExecutableError(complaint);
  if (elf.type !== elfTypes.ET_EXEC && elf.type !== elfTypes.ET_DYN) {
    throw new ExecutableError(
      `not an executable (e_type ${elf.type}${elf.type === 1 ? ", an object file" : ""})`,
    );
  }
  checkSegments(elf, sizeBytes, limit);
}

const PAGE_BYTES = 4096;

function checkSegments(elf: ElfFile, sizeBytes: number, limit: number): void {
  const loads = elf.programHeaders.filter(({ type }) => type === segmentTypes.PT_LOAD);
  if (loads.length === 0) throw new ExecutableError("the file has nothing to load");
  let previousEnd = 0;
  for (const segment of loads) {
    const { offset, virtualAddress, fileBytes, memoryBytes } = segment;
    if (fileBytes > memoryBytes) {
      throw new ExecutableError("a segment has more bytes in the file than in memory");
    }
    if (offset + fileBytes > sizeBytes) {
      throw new ExecutableError("the file is truncated: a segment lies beyond its end");
    }
    if (virtualAddress + memoryBytes > limit) {
      throw new ExecutableError("a segment wraps or lies outside the address space");
    }
    if (fileBytes > 0 && offset % PAGE_BYTES !== virtualAddress % PAGE_BYTES) {
      throw new ExecutableError("a segment's offset and address disagree within the page");
    }
    if (virtualAddress < previousEnd) {
      throw new ExecutableError("segments overlap or are out of order");
    }
    previousEnd = virtualAddress + memoryBytes;
  }
}

/** The path that PT_INTERP names; undefined for static executables. @throws ExecutableError. */
export function interpreterPath(elf: ElfFile, source: ByteSource): Uint8Array | undefined {
  const segment = elf.programHeaders.find(({ type }) => type === segmentTypes.PT_INTERP);
  if (segment === undefined) return undefined;
  if (segment.fileBytes < 2 || segment.fileBytes > 4096) {
    throw new ExecutableError("the interpreter's path has an impossible length");
  }
  const bytes = readExactly(
    source,
    segment.offset,
    segment.fileBytes,
    "the interpreter's path is truncated",
  );
  const end = bytes.indexOf(0);
  if (end < 1) throw new ExecutableError("the interpreter's path is not terminated");
  return bytes.subarray(0, end);
}

function choose<A, B>(code: number | undefined, one: A, two: B, complaint: string): A | B {
  if (code === 1) return one;
  if (code === 2) return two;
  throw new ExecutableError(complaint);
}

function readExactly(
  source: ByteSource,
  offset: number,
  length: number,
  complaint: string,
): Uint8Array {
  if (offset + length > source.sizeBytes) throw new ExecutableError(complaint);
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = source.read(offset + done, bytes.subarray(done));
    if (count <= 0) throw new ExecutableError(complaint);
    done += count;
  }
  return bytes;
}

/** Reads the fields of a header in their order. */
class Reader {
  readonly #view: DataView;
  readonly #wordBits: 32 | 64;
  readonly #littleEndian: boolean;
  at = 0;

  constructor(bytes: Uint8Array, wordBits: 32 | 64, littleEndian: boolean) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#wordBits = wordBits;
    this.#littleEndian = littleEndian;
  }

  u16(): number {
    this.at += 2;
    return this.#view.getUint16(this.at - 2, this.#littleEndian);
  }

  u32(): number {
    this.at += 4;
    return this.#view.getUint32(this.at - 4, this.#littleEndian);
  }

  /** An address, offset or size. No file of this world has one beyond 2^53. */
  word(): number {
    if (this.#wordBits === 32) return this.u32();
    this.at += 8;
    const value = this.#view.getBigUint64(this.at - 8, this.#littleEndian);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new ExecutableError("an address, offset or size is impossibly large");
    }
    return Number(value);
  }

  programHeader(): ProgramHeader {
    if (this.#wordBits === 64) {
      const type = this.u32();
      const flags = this.u32();
      const offset = this.word();
      const virtualAddress = this.word();
      this.word();
      const fileBytes = this.word();
      const memoryBytes = this.word();
      const alignment = this.word();
      return { type, flags, offset, virtualAddress, fileBytes, memoryBytes, alignment };
    }
    const type = this.u32();
    const offset = this.word();
    const virtualAddress = this.word();
    this.word();
    const fileBytes = this.word();
    const memoryBytes = this.word();
    const flags = this.u32();
    const alignment = this.word();
    return { type, flags, offset, virtualAddress, fileBytes, memoryBytes, alignment };
  }
}
