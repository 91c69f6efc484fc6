/**
 * Assembled programs as static ELF executables, for emulators and kernels to run.
 *
 * @see System V ABI, edition 4.1, chapters 4 (object files) and 5 (program loading)
 */
import type { AssembledSection, Assembly } from "@isovm/decoder";
import { IsovmError } from "@isovm/isa-spec";

/** What an executable says beside its code. */
export interface ElfOptions {
  /** `e_machine`, such as 243 for RISC-V. */
  readonly machine: number;
  /** Width of addresses in bits. */
  readonly class: 32 | 64;
  readonly byteOrder?: "little" | "big";
  /** `e_flags`; 0 if not given. */
  readonly flags?: number;
  /** Where it begins; the symbol `_start` if there is one, else the first byte. */
  readonly entry?: bigint;
}

/** A program can't be an executable of the class asked for. */
export class ElfWriterError extends IsovmError<{ readonly address: bigint }> {}

const pageBytes = 4096n;
const permission = { execute: 1, write: 2, read: 4 } as const;
const programHeaderType = { load: 1, stack: 0x6474e551 } as const;
const executable = 2;

interface Segment {
  readonly address: bigint;
  readonly permissions: number;
  readonly sections: readonly AssembledSection[];
}

/**
 * The bytes of a static executable with the sections of an assembled program.
 *
 * Code may be executed and data written; sections that share a page of memory get the permissions
 * of both, so a program that wants them apart is assembled with `sectionAlignment: 4096`.
 *
 * @throws ElfWriterError if an address doesn't fit the class.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assemble } from "@isovm/decoder";
 * import { rv64 } from "@isovm/riscv";
 * import { toElf } from "@isovm/testkit/elf";
 *
 * const exit = assemble(rv64(), "li a7, 93; li a0, 42; ecall", { origin: 0x10000n });
 * const file = toElf(exit, { machine: 243, class: 64 });
 * assert.equal(new TextDecoder().decode(file.subarray(1, 4)), "ELF");
 * ```
 */
export function toElf(assembly: Assembly, options: ElfOptions): Uint8Array {
  const segments = segmentsOf(assembly.sections);
  const is64 = options.class === 64;
  const headerBytes = is64 ? 64 : 52;
  const programHeaderBytes = is64 ? 56 : 32;
  const headersBytes = headerBytes + programHeaderBytes * (segments.length + 1);
  let end = BigInt(headersBytes);
  const placed = segments.map((segment) => {
    // A page is mapped from the file as it is: offset and address agree within the page.
    const offset = alignUp(end) + (segment.address % pageBytes);
    const image = imageOf(segment);
    end = offset + BigInt(image.fileBytes.length);
    return { segment, offset, ...image };
  });
  const file = new Uint8Array(Number(end));
  for (const { offset, fileBytes } of placed) file.set(fileBytes, Number(offset));

  const writer = new HeaderWriter(file, options);
  const entry = options.entry ?? assembly.symbols.get("_start") ?? assembly.base;
  writer.elfHeader(entry, headerBytes, programHeaderBytes, segments.length + 1);
  for (const { segment, offset, fileBytes, memoryBytes } of placed) {
    writer.programHeader({
      type: programHeaderType.load,
      flags: segment.permissions,
      offset,
      address: segment.address,
      fileBytes: BigInt(fileBytes.length),
      memoryBytes,
      alignment: pageBytes,
    });
  }
  writer.programHeader({
    type: programHeaderType.stack,
    flags: permission.read | permission.write,
    offset: 0n,
    address: 0n,
    fileBytes: 0n,
    memoryBytes: 0n,
    alignment: 16n,
  });
  return file;
}

function permissionsOf({ name }: AssembledSection): number {
  if (/^\.text\b/.test(name)) return permission.read | permission.execute;
  if (/^\.rodata\b/.test(name)) return permission.read;
  return permission.read | permission.write;
}

const endOf = ({ address, bytes }: AssembledSection): bigint => address + BigInt(bytes.length);
const pageOf = (address: bigint): bigint => address / pageBytes;
const alignUp = (offset: bigint): bigint => pageOf(offset + pageBytes - 1n) * pageBytes;

/** Segments that share no page. */
function segmentsOf(sections: readonly AssembledSection[]): readonly Segment[] {
  const segments: Segment[] = [];
  for (const section of sections) {
    const permissions = permissionsOf(section);
    const last = segments.at(-1);
    const before = last?.sections.at(-1);
    const sharesPage = before && pageOf(endOf(before) - 1n) === pageOf(section.address);
    if (last && (sharesPage || last.permissions === permissions)) {
      segments[segments.length - 1] = {
        address: last.address,
        permissions: last.permissions | permissions,
        sections: [...last.sections, section],
      };
    } else {
      segments.push({ address: section.address, permissions, sections: [section] });
    }
  }
  return segments;
}

function imageOf({ address, sections }: Segment): { fileBytes: Uint8Array; memoryBytes: bigint } {
  const lastInFile = sections.findLast(({ isZeroFilled }) => !isZeroFilled);
  const lastInMemory = sections.at(-1);
  const fileBytes = new Uint8Array(lastInFile ? Number(endOf(lastInFile) - address) : 0);
  for (const section of sections) {
    if (!section.isZeroFilled) fileBytes.set(section.bytes, Number(section.address - address));
  }
  return { fileBytes, memoryBytes: lastInMemory ? endOf(lastInMemory) - address : 0n };
}

interface ProgramHeader {
  readonly type: number;
  readonly flags: number;
  readonly offset: bigint;
  readonly address: bigint;
  readonly fileBytes: bigint;
  readonly memoryBytes: bigint;
  readonly alignment: bigint;
}

class HeaderWriter {
  private readonly file: Uint8Array;
  private readonly view: DataView;
  private readonly options: ElfOptions;
  private readonly isLittle: boolean;
  private position = 0;

  constructor(file: Uint8Array, options: ElfOptions) {
    this.file = file;
    this.view = new DataView(file.buffer);
    this.options = options;
    this.isLittle = options.byteOrder !== "big";
  }

  elfHeader(
    entry: bigint,
    headerBytes: number,
    programHeaderBytes: number,
    programHeaders: number,
  ): void {
    const identification = [0x7f, 0x45, 0x4c, 0x46, this.options.class / 32];
    this.file.set([...identification, this.isLittle ? 1 : 2, 1]);
    this.position = 16;
    this.half(executable);
    this.half(this.options.machine);
    this.word(1);
    this.address(entry);
    this.address(BigInt(headerBytes));
    this.address(0n);
    this.word(this.options.flags ?? 0);
    this.half(headerBytes);
    this.half(programHeaderBytes);
    this.half(programHeaders);
    // No section headers: size, number, index of the names.
    for (let field = 0; field < 3; field += 1) this.half(0);
  }

  programHeader(header: ProgramHeader): void {
    this.word(header.type);
    if (this.options.class === 64) this.word(header.flags);
    this.address(header.offset);
    this.address(header.address);
    this.address(header.address);
    this.address(header.fileBytes);
    this.address(header.memoryBytes);
    if (this.options.class === 32) this.word(header.flags);
    this.address(header.alignment);
  }

  private half(value: number): void {
    this.view.setUint16(this.position, value, this.isLittle);
    this.position += 2;
  }
  private word(value: number): void {
    this.view.setUint32(this.position, value, this.isLittle);
    this.position += 4;
  }
  private address(value: bigint): void {
    const width = this.options.class;
    if (BigInt.asUintN(width, value) !== value) {
      throw new ElfWriterError(`address 0x${value.toString(16)} does not fit ${width} bits`, {
        address: value,
      });
    }
    if (width === 32) {
      this.word(Number(value));
    } else {
      this.view.setBigUint64(this.position, value, this.isLittle);
      this.position += 8;
    }
  }
}
