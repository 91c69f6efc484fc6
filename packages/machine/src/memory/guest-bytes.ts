/**
 * Loads, stores and bulk copies of guest bytes for the host's side of a machine: system calls,
 * loaders, debuggers. Everything goes page by page through one translation.
 */
import { type Access, type FaultReason, GuestFault, PAGE_SIZE } from "@isovm/abi";
import type { FrameAllocator } from "./frame-allocator.ts";
import { populateFault } from "./page-cache.ts";

/** What a translation is for: an entry bit, or `poke`, a write that ignores protection. */
export const Need = { read: 1, write: 2, execute: 4, poke: 16 } as const;

const needOf: Readonly<Record<Access, number>> = {
  read: Need.read,
  write: Need.write,
  execute: Need.execute,
};
const PAGE_MASK = PAGE_SIZE - 1;

/** Byte access to guest memory over a translation of pages. */
export abstract class GuestBytes {
  protected readonly frames: FrameAllocator;

  constructor(frames: FrameAllocator) {
    this.frames = frames;
  }

  /**
   * The frame of the page that holds an address, populated and, for writes, private; or a negative
   * `populateFault`.
   */
  abstract frameAt(address: number, need: number): number;

  /** How many bytes from an address on are mapped with the right, at most `length`. */
  protected abstract span(address: number, length: number, need: number): number;

  /** Why an access fails right now, or undefined if it doesn't; populates the page. */
  faultReason(address: number, access: Access): FaultReason | undefined {
    const frame = this.frameAt(address, needOf[access]);
    return frame < 0 ? reasonOf(frame) : undefined;
  }

  /** As the interface says; whether the memory limit admits populating is not foreseen. */
  accessible(address: number, length: number, access: Access): number {
    return this.span(address, length, needOf[access]);
  }

  /** A copy of guest bytes. @throws GuestFault */
  read(address: number, length: number): Uint8Array {
    const start = address & PAGE_MASK;
    if (start + length <= PAGE_SIZE && length > 0) {
      const frame = this.#require(address, Need.read);
      return this.frames.linear.bytes.slice(frame + start, frame + start + length);
    }
    // Refused before memory for the copy is taken.
    this.#requireSpan(address, length, Need.read);
    const target = new Uint8Array(length);
    this.readInto(address, target);
    return target;
  }

  /** Fills `target` from guest memory. @throws GuestFault */
  readInto(address: number, target: Uint8Array): void {
    const { length } = target;
    for (let done = 0; done < length; ) {
      const start = (address + done) & PAGE_MASK;
      const frame = this.#require(address + done, Need.read);
      const count = this.#contiguous(address + done, length - done, frame, Need.read);
      target.set(this.frames.linear.bytes.subarray(frame + start, frame + start + count), done);
      done += count;
    }
  }

  /** Stores bytes, or none of them. @throws GuestFault */
  write(address: number, bytes: Uint8Array): void {
    this.#store(address, bytes, Need.write);
  }

  /** Stores bytes whatever the protection says. @throws GuestFault */
  poke(address: number, bytes: Uint8Array): void {
    this.#store(address, bytes, Need.poke);
  }

  /** Loads a byte. @throws GuestFault */
  loadU8(address: number): number {
    const frame = this.#require(address, Need.read);
    return this.frames.linear.bytes[frame + (address & PAGE_MASK)] as number;
  }

  /** Loads 16 bits, little-endian. @throws GuestFault */
  loadU16(address: number): number {
    const start = address & PAGE_MASK;
    if (start > PAGE_SIZE - 2) return this.#gather(address, 2).getUint16(0, true);
    const frame = this.#require(address, Need.read);
    return this.frames.linear.view.getUint16(frame + start, true);
  }

  /** Loads 32 bits, little-endian. @throws GuestFault */
  loadU32(address: number): number {
    const start = address & PAGE_MASK;
    if (start > PAGE_SIZE - 4) return this.#gather(address, 4).getUint32(0, true);
    const frame = this.#require(address, Need.read);
    return this.frames.linear.view.getUint32(frame + start, true);
  }

  /** Loads 64 bits, little-endian. @throws GuestFault */
  loadU64(address: number): bigint {
    const start = address & PAGE_MASK;
    if (start > PAGE_SIZE - 8) return this.#gather(address, 8).getBigUint64(0, true);
    const frame = this.#require(address, Need.read);
    return this.frames.linear.view.getBigUint64(frame + start, true);
  }

  /** Stores the low 8 bits of a value. @throws GuestFault */
  storeU8(address: number, value: number): void {
    const at = this.#target(address);
    this.frames.linear.bytes[at] = value;
    this.#wrote(at, 1);
  }

  /** Stores the low 16 bits of a value, little-endian. @throws GuestFault */
  storeU16(address: number, value: number): void {
    if ((address & PAGE_MASK) > PAGE_SIZE - 2) {
      this.#scatter(address, 2, BigInt(value));
      return;
    }
    const at = this.#target(address);
    this.frames.linear.view.setUint16(at, value, true);
    this.#wrote(at, 2);
  }

  /** Stores the low 32 bits of a value, little-endian. @throws GuestFault */
  storeU32(address: number, value: number): void {
    if ((address & PAGE_MASK) > PAGE_SIZE - 4) {
      this.#scatter(address, 4, BigInt(value));
      return;
    }
    const at = this.#target(address);
    this.frames.linear.view.setUint32(at, value, true);
    this.#wrote(at, 4);
  }

  /** Stores the low 64 bits of a value, little-endian. @throws GuestFault */
  storeU64(address: number, value: bigint): void {
    if ((address & PAGE_MASK) > PAGE_SIZE - 8) {
      this.#scatter(address, 8, value);
      return;
    }
    const at = this.#target(address);
    this.frames.linear.view.setBigUint64(at, value, true);
    this.#wrote(at, 8);
  }

  #target(address: number): number {
    return this.#require(address, Need.write) + (address & PAGE_MASK);
  }

  #wrote(at: number, sizeBytes: number): void {
    const start = at & PAGE_MASK;
    this.frames.wrote(at - start, start, start + sizeBytes);
  }

  #store(address: number, bytes: Uint8Array, need: number): void {
    const { length } = bytes;
    if ((address & PAGE_MASK) + length > PAGE_SIZE) {
      // Nothing may be written if any page refuses, so all are made ready first – and none is made
      // private in vain, which would cut a file's page off from later changes of the file.
      this.#requireSpan(address, length, need);
      for (let page = address - (address & PAGE_MASK); page < address + length; page += PAGE_SIZE) {
        this.#require(Math.max(page, address), need);
      }
    }
    for (let done = 0; done < length; ) {
      const start = (address + done) & PAGE_MASK;
      const frame = this.#require(address + done, need);
      const count = this.#contiguous(address + done, length - done, frame, need);
      const whole = count === length;
      this.frames.linear.bytes.set(
        whole ? bytes : bytes.subarray(done, done + count),
        frame + start,
      );
      for (let at = 0; at < start + count; at += PAGE_SIZE) {
        this.frames.wrote(
          frame + at,
          at === 0 ? start : 0,
          Math.min(PAGE_SIZE, start + count - at),
        );
      }
      done += count;
    }
  }

  /**
   * How many of the bytes from an address on, which is in `frame`, lie in a row in linear memory.
   * Frames mostly do, and one long copy is several times as fast as one for each page.
   */
  #contiguous(address: number, length: number, frame: number, need: number): number {
    const start = address & PAGE_MASK;
    let count = Math.min(PAGE_SIZE - start, length);
    while (count < length && this.frameAt(address + count, need) === frame + start + count) {
      count = Math.min(length, count + PAGE_SIZE);
    }
    return count;
  }

  #gather(address: number, sizeBytes: number): DataView {
    const bytes = this.read(address, sizeBytes);
    return new DataView(bytes.buffer, bytes.byteOffset);
  }

  #scatter(address: number, sizeBytes: number, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
    this.write(address, bytes.subarray(0, sizeBytes));
  }

  #require(address: number, need: number): number {
    const frame = this.frameAt(address, need);
    if (frame < 0) throw new GuestFault(address, accessOf(need), reasonOf(frame));
    return frame;
  }

  #requireSpan(address: number, length: number, need: number): void {
    const span = this.span(address, length, need);
    if (span < length) this.#require(address + span, need);
  }
}

function accessOf(need: number): Access {
  return need === Need.read ? "read" : need === Need.execute ? "execute" : "write";
}

function reasonOf(fault: number): FaultReason {
  if (fault === populateFault.unmapped) return "unmapped";
  if (fault === populateFault.protection) return "protection";
  return fault === populateFault.beyondSource ? "beyondSource" : "outOfMemory";
}
