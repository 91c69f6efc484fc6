/** What is booted: files, checked and placed in the guest's memory. */
import type { ByteSource } from "@isovm/abi";
import { type Board, deviceTree } from "@isovm/devices";
import { IsovmError } from "@isovm/isa-spec";
import {
  type BootImage,
  type FirmwareImage,
  firmwareImage,
  GuestLayoutError,
  type MemoryPiece,
  placeGuest,
} from "@isovm/machine";
import type { KernelImage } from "@isovm/riscv";
import { InputError, UsageError } from "../errors.ts";
import { headOf } from "../io/file-source.ts";
import type { BootArchitecture, BootTarget } from "./boot-targets.ts";

/** A file that was read. */
export interface BootFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A file that is read where it is needed. */
export interface BootSource {
  readonly path: string;
  readonly source: ByteSource;
}

/** The files of a machine. */
export interface BootFiles {
  readonly firmware: BootFile | undefined;
  readonly kernel: BootSource | undefined;
  readonly initrd: BootSource | undefined;
}

/** The machine that they are for. */
export interface BootMachine {
  readonly target: BootTarget;
  readonly architecture: BootArchitecture;
  readonly board: Board;
  readonly memoryBytes: number;
  readonly harts: number;
  /** The kernel's command line. */
  readonly bootargs: string | undefined;
  /** For the kernel's random numbers. */
  readonly rngSeed: Uint8Array;
}

/**
 * What the machine's memory holds at power-on.
 *
 * @throws UsageError, InputError
 */
export function bootImage(files: BootFiles, machine: BootMachine): BootImage {
  const { target, board, memoryBytes, harts } = machine;
  const { ramBase } = board;
  const firmware = files.firmware && readFirmware(files.firmware, machine);
  const kernel = files.kernel && readKernel(files.kernel, target);
  if (!firmware && !kernel) {
    throw new UsageError("there is nothing to boot: give --kernel, --bios or both");
  }
  const layout = explained(undefined, () =>
    placeGuest({
      ramBase,
      memoryBytes,
      ...(firmware && { firmware }),
      ...(kernel && { kernel }),
      ...(files.initrd && { initrdBytes: files.initrd.source.sizeBytes }),
    }),
  );
  const tree = deviceTree(board, {
    harts,
    memoryBytes,
    cpu: machine.architecture.hartProperties,
    timebaseHz: target.timebaseHz,
    rngSeed: machine.rngSeed,
    ...(machine.bootargs !== undefined && { bootargs: machine.bootargs }),
    ...(layout.initrd && {
      initrd: { start: BigInt(layout.initrd.start), end: BigInt(layout.initrd.end) },
    }),
  });
  const handover = target.handover(layout.kernel ?? 0);
  const { address, capacityBytes } = layout.deviceTree;
  const handoverAddress = address + capacityBytes - handoverBytes;
  if (address + tree.length > handoverAddress) {
    throw new UsageError(
      `the device tree has ${tree.length} bytes, which is too much: shorten --append`,
    );
  }
  const pieces: MemoryPiece[] = [
    ...(firmware?.pieces ?? []),
    { address, bytes: tree },
    { address: handoverAddress, bytes: handover },
  ];
  if (files.kernel && layout.kernel !== undefined) {
    pieces.push({ address: layout.kernel, bytes: files.kernel.source });
  }
  if (files.initrd && layout.initrd) {
    pieces.push({ address: layout.initrd.start, bytes: files.initrd.source });
  }
  return {
    pieces,
    entry: firmware?.entry ?? layout.kernel ?? ramBase,
    registers: (hart) => target.entryRegisters(hart, address, handoverAddress),
  };
}

/** Kept free behind the device tree. */
const handoverBytes = 4096;
/** What a kernel's headers lie in. */
const kernelHeadBytes = 4096;

function readFirmware({ path, bytes }: BootFile, { target, board }: BootMachine): FirmwareImage {
  const { elfMachine, wordBits } = target;
  return explained(path, () =>
    firmwareImage(bytes, { ramBase: board.ramBase, elfMachine, wordBits }),
  );
}

function readKernel({ path, source }: BootSource, target: BootTarget): KernelImage {
  const head = headOf(source, kernelHeadBytes);
  return explained(path, () => target.kernelImage(head, source.sizeBytes));
}

/** What `read` gives; its errors with the file's name. @throws InputError */
function explained<Result>(path: string | undefined, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof IsovmError)) throw error;
    const isTooMuch = error instanceof GuestLayoutError && error.data.neededBytes !== undefined;
    const hint = isTooMuch ? "; give more with --memory" : "";
    const name = path === undefined ? "" : `${path}: `;
    throw new InputError(`${name}${error.message}${hint}`, { cause: error });
  }
}
