/** Where the registers of an ISA lie in a block of bytes, for all engines alike. */
import type { RegisterFileDefinition } from "./builder/registers.ts";
import { SpecificationError } from "./errors.ts";

/** The place of a register file. All values are little-endian. */
export interface FileLayout {
  readonly definition: RegisterFileDefinition;
  /** Byte offset of register 0. */
  readonly offset: number;
  /** Bytes from one register to the next: 4, or a multiple of 8. */
  readonly strideBytes: number;
  /**
   * Byte offset of a slot that takes writes to the hard-wired zero register, so that generated
   * code needs no test; its content has no meaning. Absent for files without such a register.
   */
  readonly sinkOffset: number | undefined;
}

/** The layout of the architectural state of one hart. */
export interface StateLayout {
  /** Byte offset of the program counter, 8 bytes. */
  readonly pcOffset: number;
  /** Byte offset of the reservation: its address, 8 bytes, then 4 bytes, 1 if it is valid. */
  readonly reservationOffset: number;
  readonly files: ReadonlyMap<string, FileLayout>;
  readonly sizeBytes: number;
}

/** Lays out the register files one behind the other. */
export function layoutState(files: readonly RegisterFileDefinition[]): StateLayout {
  const pcOffset = 0;
  const reservationOffset = 8;
  let next = 24;
  const layouts = new Map<string, FileLayout>();
  for (const definition of files) {
    if (layouts.has(definition.name)) {
      throw new SpecificationError(`two register files are named ${definition.name}`, {
        subject: definition.name,
      });
    }
    const strideBytes = definition.width <= 32 ? 4 : Math.ceil(definition.width / 64) * 8;
    const offset = Math.ceil(next / 8) * 8;
    const end = offset + definition.count * strideBytes;
    const sinkOffset = definition.zero === undefined ? undefined : end;
    layouts.set(definition.name, { definition, offset, strideBytes, sinkOffset });
    next = sinkOffset === undefined ? end : end + strideBytes;
  }
  return {
    pcOffset,
    reservationOffset,
    files: layouts,
    sizeBytes: Math.ceil(next / 16) * 16,
  };
}
