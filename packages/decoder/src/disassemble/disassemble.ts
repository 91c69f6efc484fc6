/** Memory as assembly text, line by line. */
import type { Isa } from "@isovm/isa-spec";
import type { Decoded } from "../decode/decoded.ts";
import { Decoder } from "../decode/decoder.ts";
import { wordAt } from "../decode/framing.ts";
import { Disassembler, type DisassemblyOptions } from "./disassembler.ts";

/** An instruction, or bytes that are none. */
export interface DisassembledLine {
  readonly address: bigint;
  /** The bytes in memory order. */
  readonly bytes: Uint8Array;
  /** Assembly text; a data directive where the bytes are no instruction. */
  readonly text: string;
  /** Undefined where the bytes are no instruction. */
  readonly decoded: Decoded | undefined;
}

const dataDirectives: Readonly<Record<number, string>> = {
  1: ".byte",
  2: ".2byte",
  4: ".4byte",
  8: ".8byte",
};

/**
 * The bytes as assembly text: instructions one behind the other, from the first byte to the last.
 *
 * What is no instruction is printed as data of the length that its first parcel announces, or as
 * one parcel.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { disassemble } from "@isovm/decoder";
 * import { rv64 } from "@isovm/riscv";
 *
 * const bytes = Uint8Array.of(0x13, 0x05, 0x10, 0x00, 0x6f, 0xf0, 0xdf, 0xff);
 * const lines = disassemble(rv64(), bytes, 0x1000n);
 * assert.deepEqual(
 *   lines.map(({ text }) => text),
 *   ["addi a0,zero,1", "jal zero,0x1000"],
 * );
 * ```
 */
export function disassemble(
  isa: Isa,
  bytes: Uint8Array,
  address = 0n,
  options: DisassemblyOptions = {},
): readonly DisassembledLine[] {
  const decoder = new Decoder(isa);
  const disassembler = new Disassembler(isa, options);
  const lines: DisassembledLine[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const at = BigInt.asUintN(isa.addressWidth, address + BigInt(offset));
    const decoded = decoder.decodeBytes(bytes, offset);
    const sizeBytes =
      decoded?.sizeBytes ??
      Math.min(decoder.sizeAt(bytes, offset) ?? isa.framing.parcelBytes, bytes.length - offset);
    const text = decoded
      ? disassembler.text(decoded, at)
      : dataText(bytes, offset, sizeBytes, isa.framing.byteOrder);
    const line = bytes.slice(offset, offset + sizeBytes);
    lines.push({ address: at, bytes: line, text, decoded });
    offset += sizeBytes;
  }
  return lines;
}

function dataText(
  bytes: Uint8Array,
  offset: number,
  sizeBytes: number,
  byteOrder: "little" | "big",
): string {
  const directive = dataDirectives[sizeBytes];
  const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
  if (directive === undefined) {
    return `.byte ${[...bytes.subarray(offset, offset + sizeBytes)].map(hex).join(",")}`;
  }
  return `${directive} ${hex(wordAt(bytes, offset, sizeBytes, byteOrder) ?? 0n)}`;
}
