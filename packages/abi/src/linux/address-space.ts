/**
 * The virtual memory of one guest process, as the Linux personality needs it. The machine implements
 * it over the memory strategy of its engines; tests implement it over a map of pages.
 *
 * Guest addresses are integers below 2^53 (plain numbers): the user half of every 64-bit Linux fits.
 * An address at or above {@link AddressSpace.limit} is never accessible. Pages are 4 KiB and
 * are populated lazily, so a mapping of many gigabytes costs nothing until it is touched.
 * @see mmap(2), mprotect(2), madvise(2)
 */
import { IsovmError } from "@isovm/isa-spec";

/** Size of a guest page in bytes. */
export const PAGE_SIZE = 4096;

/** A set of access rights, a bitwise or of {@link Protection}'s members (the numbers of `PROT_*`). */
export type ProtectionBits = number;

/** The access rights of a page, with the values of Linux's `PROT_*`. */
export const Protection = { none: 0, read: 1, write: 2, execute: 4 } as const;

/** What a memory access wants to do. */
export type Access = "read" | "write" | "execute";

/**
 * Why an access was refused: `unmapped` (SEGV_MAPERR), `protection` (SEGV_ACCERR), `beyondSource`
 * (a page wholly past the end of the mapped file: SIGBUS, BUS_ADRERR), `outOfMemory` (the page could
 * not be populated within the machine's memory limit).
 */
export type FaultReason = "unmapped" | "protection" | "beyondSource" | "outOfMemory";

/** An access that the guest's page permissions refuse; `address` is the first byte refused. */
export class GuestFault extends IsovmError<{
  address: number;
  access: Access;
  reason: FaultReason;
}> {
  /** The first byte refused. */
  readonly address: number;
  readonly access: Access;
  readonly reason: FaultReason;

  constructor(address: number, access: Access, reason: FaultReason) {
    super(`guest memory at 0x${address.toString(16)} refuses to ${access}: ${reason}`, {
      address,
      access,
      reason,
    });
    this.address = address;
    this.access = access;
    this.reason = reason;
  }
}

/**
 * Where the bytes of a file-backed mapping come from. The object's identity is the file's: shared
 * mappings of the same `PageSource` object see the same pages, in one address space or in several.
 */
export interface PageSource {
  /** A path for `/proc/self/maps` and for diagnostics. */
  readonly name: string;
  /** The inode number for `/proc/self/maps`. */
  readonly inode: number;
  /** The current size in bytes; pages wholly beyond it fault with `beyondSource`. */
  readonly sizeBytes: number;
  /** Fills `target` with the bytes from `offset` on; bytes beyond the end are zeros. */
  read(offset: number, target: Uint8Array): void;
  /** Writes dirty bytes of a shared mapping back; absent when the file is read-only. */
  write?(offset: number, bytes: Uint8Array): void;
}

/** What {@link AddressSpace.map} maps. `start`, `length` and `sourceOffset` are multiples of the page size. */
export interface MapRequest {
  readonly start: number;
  readonly length: number;
  readonly protection: ProtectionBits;
  /** Without a source the mapping is anonymous and starts as zeros. */
  readonly source?: PageSource | undefined;
  readonly sourceOffset?: number | undefined;
  /** Bytes of the source that are visible, from `sourceOffset` on; what follows reads as zeros (an ELF segment's p_filesz). Private mappings only. */
  readonly sourceLength?: number | undefined;
  /** Whether stores reach other mappings of the same source, and forked children (MAP_SHARED). */
  readonly shared?: boolean | undefined;
  /** A label such as `[heap]` for `/proc/self/maps`. */
  readonly name?: string | undefined;
}

/** One mapping; neighbours that differ in nothing may have been merged. */
export interface Region {
  readonly start: number;
  /** First address past the region. */
  readonly end: number;
  readonly protection: ProtectionBits;
  readonly shared: boolean;
  readonly source?: PageSource | undefined;
  readonly sourceOffset: number;
  readonly name?: string | undefined;
}

/** Where {@link AddressSpace.findFree} may look: the lowest start and the highest end admitted. */
export interface FindFreeOptions {
  readonly lowest: number;
  readonly highest: number;
  /** A power of two >= the page size; default the page size. */
  readonly alignment?: number | undefined;
}

/** Virtual memory of one guest process. Range arguments are page-aligned unless said otherwise; a range outside [0, limit) is the caller's mistake and raises `IsovmError`. */
export interface AddressSpace {
  /** First address past user space. */
  readonly limit: number;
  /** Bytes of pages that are populated now. */
  readonly residentBytes: number;
  /** Bytes of address space that are mapped now. */
  readonly mappedBytes: number;

  /** Maps a range; replaces whatever was there. */
  map(request: MapRequest): void;
  /** Removes all mappings in the range; unmapped parts are fine. Dirty shared pages reach their source first. */
  unmap(start: number, length: number): void;
  /** Changes rights; returns false, changing nothing, when part of the range is unmapped. */
  protect(start: number, length: number, protection: ProtectionBits): boolean;
  /** MADV_DONTNEED: private pages go back to the source's bytes or to zeros; unmapped parts are skipped. */
  discard(start: number, length: number): void;
  /** Moves a mapped range with its contents to an unmapped (or replaced) range of the same length: mremap(2). The caller has checked that the source range is wholly mapped. */
  move(from: number, to: number, length: number): void;
  /** Writes dirty pages of shared mappings in the range to their sources: msync(2). */
  sync(start: number, length: number): void;
  /** Mappings sorted by address. */
  regions(): Iterable<Region>;
  /** The mapping that contains an address. */
  regionAt(address: number): Region | undefined;
  /** Start of the highest free range of that length within the bounds, undefined when there is none. */
  findFree(length: number, options: FindFreeOptions): number | undefined;
  /** A copy with the same contents: private pages copy-on-write, shared mappings stay shared. */
  fork(): AddressSpace;
  /** Releases all pages; the object must not be used afterwards. */
  dispose(): void;

  /** How many bytes from `address` on can be accessed without a fault, at most `length`. Any alignment. */
  accessible(address: number, length: number, access: Access): number;
  /** A copy of guest bytes. Any alignment. Raises {@link GuestFault}. The caller bounds `length`. */
  read(address: number, length: number): Uint8Array;
  /** Fills `target` from guest memory. Raises {@link GuestFault} (then the target's content is unspecified). */
  readInto(address: number, target: Uint8Array): void;
  /** Stores bytes. Raises {@link GuestFault} before anything is written. */
  write(address: number, bytes: Uint8Array): void;
  /**
   * Stores regardless of the protection (not of mappings): for what a kernel or debugger writes to
   * read-only pages, such as relocated code or breakpoints. Raises {@link GuestFault}.
   */
  poke(address: number, bytes: Uint8Array): void;

  /** The byte at an address, unsigned. Raises {@link GuestFault}. */
  loadU8(address: number): number;
  /** The 16 bits at an address, unsigned, little-endian, any alignment. Raises {@link GuestFault}. */
  loadU16(address: number): number;
  /** The 32 bits at an address, unsigned, little-endian, any alignment. Raises {@link GuestFault}. */
  loadU32(address: number): number;
  /** The 64 bits at an address, unsigned, little-endian, any alignment. Raises {@link GuestFault}. */
  loadU64(address: number): bigint;
  /** Stores the low 8 bits of a value. Raises {@link GuestFault}. */
  storeU8(address: number, value: number): void;
  /** Stores the low 16 bits of a value, little-endian, any alignment. Raises {@link GuestFault}. */
  storeU16(address: number, value: number): void;
  /** Stores the low 32 bits of a value, little-endian, any alignment. Raises {@link GuestFault}. */
  storeU32(address: number, value: number): void;
  /** Stores the low 64 bits of a value, little-endian, any alignment. Raises {@link GuestFault}. */
  storeU64(address: number, value: bigint): void;
}

/** Makes address spaces and keeps what they share: the page cache of shared file mappings and the memory limit. */
export interface AddressSpaceProvider {
  /** An empty address space whose user half ends at `limit`. */
  create(limit: number): AddressSpace;
  /** Tells shared mappings that a file changed underneath them by write(2) or ftruncate(2). */
  invalidate(source: PageSource, offset: number, length: number): void;
  /** Writes the dirty shared pages of one source back to it, wherever they are mapped. */
  syncSource(source: PageSource): void;
  /** Populated bytes over all address spaces. */
  readonly residentBytes: number;
  /** The machine's limit for {@link residentBytes}. */
  readonly limitBytes: number;
}
