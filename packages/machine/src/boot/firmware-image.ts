/** Firmware as files have it: ELF, or bytes that belong at the beginning of RAM. */
import {
  type ByteSource,
  byteSource,
  ExecutableError,
  elfTypes,
  parseElf,
  segmentTypes,
} from "@isovm/abi";
import { IsovmError } from "@isovm/isa-spec";

/** A file is no firmware for the machine; the message is one line that says why. */
export class FirmwareImageError extends IsovmError<{ readonly sizeBytes: number }> {}

/** Bytes and where they belong. */
export interface MemoryPiece {
  /** Guest-physical address. */
  readonly address: number;
  readonly bytes: Uint8Array | ByteSource;
}

/** Firmware that can be put into memory. */
export interface FirmwareImage {
  readonly pieces: readonly MemoryPiece[];
  /** The address of its first instruction. */
  readonly entry: number;
  /** What it occupies: from its first byte to behind its last one, uninitialized data included. */
  readonly start: number;
  readonly end: number;
}

/** What firmware is expected to be for. */
export interface FirmwareExpectation {
  readonly ramBase: number;
  /** ELF's number of the machine, `e_machine`. */
  readonly elfMachine: number;
  readonly wordBits: 32 | 64;
}

/**
 * Firmware from the bytes of a file. What isn't ELF is taken as it is, to begin with RAM; so is ELF
 * that may lie anywhere.
 *
 * @throws FirmwareImageError
 */
export function firmwareImage(bytes: Uint8Array, expected: FirmwareExpectation): FirmwareImage {
  const { ramBase } = expected;
  if (bytes.length === 0) throw failure("it is empty", bytes);
  const isElf = bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
  if (!isElf) {
    return {
      pieces: [{ address: ramBase, bytes }],
      entry: ramBase,
      start: ramBase,
      end: ramBase + bytes.length,
    };
  }
  try {
    return elfFirmware(bytes, expected);
  } catch (error) {
    if (!(error instanceof ExecutableError)) throw error;
    throw failure(error.reason, bytes, error);
  }
}

function elfFirmware(bytes: Uint8Array, expected: FirmwareExpectation): FirmwareImage {
  const elf = parseElf(byteSource(bytes));
  if (elf.machine !== expected.elfMachine) {
    const numbers = `e_machine ${elf.machine}, not ${expected.elfMachine}`;
    throw failure(`it is for another machine (${numbers})`, bytes);
  }
  if (elf.wordBits !== expected.wordBits) {
    throw failure(`it has ${elf.wordBits} bits, not ${expected.wordBits}`, bytes);
  }
  const bias = elf.type === elfTypes.ET_DYN ? expected.ramBase : 0;
  const segments = elf.programHeaders.filter(
    ({ type, memoryBytes }) => type === segmentTypes.PT_LOAD && memoryBytes > 0,
  );
  if (segments.length === 0) throw failure("it has nothing to load", bytes);
  const pieces = segments.map(({ virtualAddress, offset, fileBytes, memoryBytes }) => {
    if (offset + fileBytes > bytes.length || fileBytes > memoryBytes) {
      throw failure("it is cut off", bytes);
    }
    return { address: bias + virtualAddress, bytes: bytes.subarray(offset, offset + fileBytes) };
  });
  return {
    pieces,
    entry: bias + elf.entry,
    start: Math.min(...pieces.map(({ address }) => address)),
    end: Math.max(
      ...segments.map(({ virtualAddress, memoryBytes }) => bias + virtualAddress + memoryBytes),
    ),
  };
}

function failure(what: string, bytes: Uint8Array, cause?: unknown): FirmwareImageError {
  return new FirmwareImageError(
    `not firmware for this machine: ${what}`,
    { sizeBytes: bytes.length },
    { cause },
  );
}
