/**
 * Guest memory as system calls use it: strings, structures and words of the guest's data model
 * over an {@link AddressSpace}. Whatever address a guest passes, the worst that happens is EFAULT.
 */
import { decodePath } from "../../vfs/path-name.ts";
import type { AddressSpace } from "../address-space.ts";
import { GuestFault, PAGE_SIZE } from "../address-space.ts";
import { PATH_MAX } from "../constants/files.ts";
import { LinuxError } from "../errno.ts";
import type { DataModel, Struct, StructInit, StructValue } from "../layout/struct.ts";

/** Typed access to one address space. Faults come as {@link GuestFault}, which means EFAULT. */
export class GuestMemory {
  readonly space: AddressSpace;
  readonly model: DataModel;

  constructor(space: AddressSpace, model: DataModel) {
    this.space = space;
    this.model = model;
  }

  /** A copy of guest bytes; `length` is checked against the address space before it is allocated. */
  read(address: number, length: number): Uint8Array {
    this.#check(address, length, "read");
    return this.space.read(address, length);
  }

  /** Stores bytes. Raises {@link GuestFault} before anything is written. */
  write(address: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#check(address, bytes.length, "write");
    this.space.write(address, bytes);
  }

  /** The structure at an address, in the guest's layout. Raises {@link GuestFault}. */
  readStruct<M>(type: Struct<M>, address: number): StructValue<M> {
    return type.decode(this.model, this.read(address, type.sizeOf(this.model)));
  }

  /** Stores a structure in the guest's layout, padding as zeros. Raises {@link GuestFault}. */
  writeStruct<M>(type: Struct<M>, address: number, value: StructInit<M>): void {
    this.write(address, type.encode(this.model, value));
  }

  /** The `int` at an address: 32 bits, signed, in the guest's byte order. Raises {@link GuestFault}. */
  readI32(address: number): number {
    return this.readU32(address) | 0;
  }

  /** The 32 bits at an address, unsigned, in the guest's byte order. Raises {@link GuestFault}. */
  readU32(address: number): number {
    return this.#view(address, 4).getUint32(0, this.model.littleEndian);
  }

  /** Stores the low 32 bits of a value in the guest's byte order. Raises {@link GuestFault}. */
  writeU32(address: number, value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, this.model.littleEndian);
    this.write(address, bytes);
  }

  /** The 64 bits at an address, unsigned, in the guest's byte order. Raises {@link GuestFault}. */
  readU64(address: number): bigint {
    return this.#view(address, 8).getBigUint64(0, this.model.littleEndian);
  }

  /** Stores the low 64 bits of a value in the guest's byte order. Raises {@link GuestFault}. */
  writeU64(address: number, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, this.model.littleEndian);
    this.write(address, bytes);
  }

  /**
   * The pointer or `unsigned long` at an address: 4 or 8 bytes by the guest's data model. Values
   * above 2^53 are rounded: no guest address is that high. Raises {@link GuestFault}.
   */
  readWord(address: number): number {
    return this.model.wordBytes === 8 ? Number(this.readU64(address)) : this.readU32(address);
  }

  /** Stores a pointer or `unsigned long`: 4 or 8 bytes. Raises {@link GuestFault}. */
  writeWord(address: number, value: number): void {
    if (this.model.wordBytes === 8) this.writeU64(address, BigInt(value));
    else this.writeU32(address, value);
  }

  /**
   * The bytes up to a NUL, without it; undefined when there is none within `limit` bytes.
   * Never reads past the page in which the string ends.
   */
  readBytesToNul(address: number, limit: number): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    let length = 0;
    let at = address;
    while (length < limit) {
      const part = this.read(at, Math.min(PAGE_SIZE - (at % PAGE_SIZE), limit - length));
      const end = part.indexOf(0);
      if (end >= 0) {
        parts.push(part.subarray(0, end));
        return concatenate(parts, length + end);
      }
      parts.push(part);
      length += part.length;
      at += part.length;
    }
    return undefined;
  }

  /** A path name. @throws LinuxError ENAMETOOLONG, EFAULT. */
  readPath(address: number): string {
    const bytes = this.readBytesToNul(address, PATH_MAX);
    if (bytes === undefined) throw new LinuxError("ENAMETOOLONG");
    return decodePath(bytes);
  }

  /** How many bytes from `address` on can be accessed; at most `length`. EFAULT if none can, though some are wanted. */
  accessible(address: number, length: number, access: "read" | "write"): number {
    if (length === 0) return 0;
    const count = this.#inside(address)
      ? this.space.accessible(address, Math.min(length, this.space.limit - address), access)
      : 0;
    if (count === 0) throw new LinuxError("EFAULT");
    return count;
  }

  #view(address: number, length: number): DataView {
    const bytes = this.read(address, length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  #inside(address: number): boolean {
    return address >= 0 && address < this.space.limit;
  }

  // An address space copies what it is asked for, so a hostile length has to be refused before.
  #check(address: number, length: number, access: "read" | "write"): void {
    if (
      !this.#inside(address) ||
      length > this.space.limit - address ||
      this.space.accessible(address, length, access) < length
    ) {
      throw new GuestFault(address, access, "unmapped");
    }
  }
}

/** Joins byte arrays into one of `length` bytes. */
export function concatenate(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
