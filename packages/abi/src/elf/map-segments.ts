/**
 * Mapping an executable's segments into an address space. File pages are left to demand loading.
 * @see elf(5)
 */
import type { AddressSpace, PageSource } from "../linux/address-space.ts";
import { PAGE_SIZE, Protection } from "../linux/address-space.ts";
import type { ElfFile, ProgramHeader } from "./elf-file.ts";
import { segmentFlags, segmentTypes } from "./elf-file.ts";

/** Where an executable ended up. */
export interface LoadedElf {
  /** What was added to all addresses of the file. */
  readonly bias: number;
  readonly entry: number;
  /** Address of the program headers, 0 when no segment holds them. */
  readonly programHeaders: number;
  /** First address past the last segment. */
  readonly end: number;
  readonly codeStart: number;
  readonly codeEnd: number;
}

/** Lowest address and size of all segments together, in whole pages. */
export function elfExtent(elf: ElfFile): { start: number; length: number; alignment: number } {
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  let alignment = PAGE_SIZE;
  for (const segment of loads(elf)) {
    start = Math.min(start, pageFloor(segment.virtualAddress));
    end = Math.max(end, pageCeil(segment.virtualAddress + segment.memoryBytes));
    const wanted = segment.alignment;
    // Alignments that are no powers of two, or absurd, are ignored as Linux does.
    if (wanted > alignment && wanted <= 1 << 30 && Number.isInteger(Math.log2(wanted))) {
      alignment = wanted;
    }
  }
  return { start, length: end - start, alignment };
}

/** Maps all segments, moved by `bias`. The executable has been checked. */
export function mapSegments(
  space: AddressSpace,
  elf: ElfFile,
  source: PageSource,
  bias: number,
): LoadedElf {
  let end = 0;
  let mappedEnd = 0;
  let codeStart = 0;
  let codeEnd = 0;
  let programHeaders = 0;
  for (const segment of loads(elf)) {
    const start = segment.virtualAddress + bias;
    mapSegment(space, segment, source, bias, mappedEnd);
    mappedEnd = pageCeil(start + segment.memoryBytes);
    end = start + segment.memoryBytes;
    if ((segment.flags & segmentFlags.PF_X) !== 0) {
      codeStart = start;
      codeEnd = start + segment.fileBytes;
    }
    const at = elf.programHeaderOffset - segment.offset;
    if (programHeaders === 0 && at >= 0 && at < segment.fileBytes) programHeaders = start + at;
  }
  return { bias, entry: elf.entry + bias, programHeaders, end, codeStart, codeEnd };
}

function mapSegment(
  space: AddressSpace,
  segment: ProgramHeader,
  source: PageSource,
  bias: number,
  mappedEnd: number,
): void {
  const address = segment.virtualAddress + bias;
  const start = pageFloor(address);
  const fileEnd = address + segment.fileBytes;
  const memoryEnd = pageCeil(address + segment.memoryBytes);
  const protection = protectionOf(segment.flags);
  // Two segments may meet in one page; then the second mapping must keep the first one's bytes.
  const kept =
    start < mappedEnd && address > start ? space.read(start, address - start) : undefined;
  const filePages = segment.fileBytes > 0 ? pageCeil(fileEnd) : start;
  if (filePages > start) {
    const sourceOffset = pageFloor(segment.offset);
    space.map({
      start,
      length: filePages - start,
      protection,
      source,
      sourceOffset,
      sourceLength: fileEnd - start,
    });
  }
  if (memoryEnd > filePages) {
    space.map({ start: filePages, length: memoryEnd - filePages, protection });
  }
  if (kept !== undefined) space.poke(start, kept);
}

function* loads(elf: ElfFile): Iterable<ProgramHeader> {
  for (const segment of elf.programHeaders) {
    if (segment.type === segmentTypes.PT_LOAD && segment.memoryBytes > 0) yield segment;
  }
}

function protectionOf(flags: number): number {
  return (
    ((flags & segmentFlags.PF_R) !== 0 ? Protection.read : 0) |
    ((flags & segmentFlags.PF_W) !== 0 ? Protection.write : 0) |
    ((flags & segmentFlags.PF_X) !== 0 ? Protection.execute : 0)
  );
}

function pageFloor(address: number): number {
  return address - (address % PAGE_SIZE);
}

function pageCeil(address: number): number {
  return Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;
}
