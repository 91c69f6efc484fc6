/** What generated code calls for accesses to guest memory that its translation tables miss. */
import {
  type AccessKind,
  type EngineMemory,
  type Exit,
  type FaultReason,
  type Isa,
  translationFault,
} from "@isovm/isa-spec";
import { faultReason } from "../reference/memory.ts";
import type { ContextLayout } from "./context.ts";
import type { TranslationTables } from "./translation-tables.ts";

/** A failed access. */
export type Fault = Extract<Exit, { kind: "fault" }>;

const pageBytes = 4096;

/** Slow paths. A size in bytes is negative where alignment is required; 0 means a fault. */
export class SlowAccess {
  /** Accesses so far. */
  count = 0;
  readonly #isa: Isa;
  readonly #memory: EngineMemory;
  readonly #context: ContextLayout;
  readonly #tables: TranslationTables;
  #fault: Fault | undefined;

  constructor(isa: Isa, memory: EngineMemory, context: ContextLayout, tables: TranslationTables) {
    this.#isa = isa;
    this.#memory = memory;
    this.#context = context;
    this.#tables = tables;
  }

  /** The last fault, which is forgotten then. */
  takeFault(): Fault | undefined {
    const fault = this.#fault;
    this.#fault = undefined;
    return fault;
  }

  /** Remembers a fault for the exit; the result tells the generated code. */
  fail(access: AccessKind, address: bigint, reason: FaultReason): 0 {
    this.#fault = { kind: "fault", access, address, reason };
    return 0;
  }

  /** An address within the ISA's address width. */
  wrap(address: bigint): bigint {
    return BigInt.asUintN(this.#isa.addressWidth, address);
  }

  /** The byte offset of what is to be read, or of a copy of it. */
  read(address: bigint, size: number): number {
    this.count += 1;
    const sizeBytes = Math.abs(size);
    const offset = Number(address & 0xfffn);
    if (size < 0 && offset % sizeBytes !== 0) return this.fail("read", address, "misaligned");
    const frame = this.#translate("readTable", address);
    if (frame === translationFault.device) return this.#readDevice(address, sizeBytes);
    if (frame < 0) return 0;
    const inPage = pageBytes - offset;
    if (sizeBytes <= inPage) return frame + offset;
    const next = this.wrap(address + BigInt(inPage));
    const second = this.#translate("readTable", next);
    if (second === translationFault.device) return this.fail("read", next, "bus");
    if (second < 0) return 0;
    const { bytes } = this.#tables;
    bytes.copyWithin(this.#context.bounce, frame + offset, frame + pageBytes);
    bytes.copyWithin(this.#context.bounce + inPage, second, second + sizeBytes - inPage);
    return this.#context.bounce;
  }

  /** The byte offset of what is to be modified; whoever holds code from there is told. */
  locate(address: bigint, size: number): number {
    this.count += 1;
    const sizeBytes = Math.abs(size);
    const offset = Number(address & 0xfffn);
    if (offset % sizeBytes !== 0) return this.fail("write", address, "misaligned");
    const frame = this.#translate("writeTable", address);
    if (frame === translationFault.device) return this.fail("write", address, "bus");
    if (frame < 0) return 0;
    if (this.#memory.isCode(frame)) this.#memory.wrote(frame, offset, offset + sizeBytes);
    return frame + offset;
  }

  /** Stores a little-endian value; whoever holds code from there is told. */
  store(address: bigint, value: bigint, size: number): number {
    this.count += 1;
    const sizeBytes = Math.abs(size);
    const offset = Number(address & 0xfffn);
    if (size < 0 && offset % sizeBytes !== 0) return this.fail("write", address, "misaligned");
    const frame = this.#translate("writeTable", address);
    if (frame === translationFault.device) return this.#writeDevice(address, value, sizeBytes);
    if (frame < 0) return 0;
    const inPage = Math.min(sizeBytes, pageBytes - offset);
    let second = -1;
    if (sizeBytes > inPage) {
      const next = this.wrap(address + BigInt(inPage));
      second = this.#translate("writeTable", next);
      if (second === translationFault.device) return this.fail("write", next, "bus");
      if (second < 0) return 0;
    }
    if (second < 0) {
      this.#put(frame + offset, value, sizeBytes);
    } else {
      this.#put(this.#context.bounce, value, sizeBytes);
      const { bytes } = this.#tables;
      const { bounce } = this.#context;
      bytes.copyWithin(frame + offset, bounce, bounce + inPage);
      bytes.copyWithin(second, bounce + inPage, bounce + sizeBytes);
    }
    if (this.#memory.isCode(frame)) this.#memory.wrote(frame, offset, offset + inPage);
    if (second >= 0 && this.#memory.isCode(second)) {
      this.#memory.wrote(second, 0, sizeBytes - inPage);
    }
    return 1;
  }

  /** Leaves what a device answers where the generated code reads it. */
  #readDevice(address: bigint, sizeBytes: number): number {
    const value = this.#memory.devices?.read(address, sizeBytes);
    if (value === undefined) return this.fail("read", address, "bus");
    this.#tables.view.setBigUint64(this.#context.bounce, value, true);
    return this.#context.bounce;
  }

  #writeDevice(address: bigint, value: bigint, sizeBytes: number): number {
    const bytes = BigInt.asUintN(8 * sizeBytes, value);
    if (this.#memory.devices?.write(address, sizeBytes, bytes)) return 1;
    return this.fail("write", address, "bus");
  }

  /**
   * The byte offset of the frame of a page, after entering it into a table; negative after a fault,
   * or where a device answers.
   */
  #translate(table: "readTable" | "writeTable", address: bigint): number {
    const access = table === "readTable" ? "read" : "write";
    const frame = this.#memory.translate(address, access);
    if (frame === translationFault.device) return frame;
    if (frame < 0) {
      this.fail(access, address, faultReason(frame));
      return -1;
    }
    // Stores to code always take the slow path, which drops the records.
    if (table === "readTable" || !this.#memory.isCode(frame)) {
      this.#tables.enter(table, address, frame);
    }
    return frame;
  }

  #put(host: number, value: bigint, sizeBytes: number): void {
    const { view } = this.#tables;
    if (sizeBytes === 8) view.setBigInt64(host, value, true);
    else if (sizeBytes === 4) view.setInt32(host, Number(BigInt.asIntN(32, value)), true);
    else if (sizeBytes === 2) view.setInt16(host, Number(BigInt.asIntN(16, value)), true);
    else view.setInt8(host, Number(BigInt.asIntN(8, value)));
  }
}
