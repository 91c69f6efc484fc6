/** Where kernel, initial RAM disk and device tree lie in a guest's memory. */
import { IsovmError } from "@isovm/isa-spec";

/** What is to be booted doesn't fit into the guest's memory; the message is one line. */
export class GuestLayoutError extends IsovmError<{
  /** What doesn't fit. */
  readonly part: string;
  /** Bytes of RAM that there are. */
  readonly memoryBytes: number;
  /** Bytes that it takes, where there is too little memory. */
  readonly neededBytes?: number;
}> {}

/** What is to be placed. All addresses are guest-physical. */
export interface GuestParts {
  readonly ramBase: number;
  /** Bytes of RAM. */
  readonly memoryBytes: number;
  /** What the firmware occupies: from its first byte to behind its last one. */
  readonly firmware?: { readonly start: number; readonly end: number };
  /** Where the kernel lies behind the beginning of RAM, and bytes that it takes there. */
  readonly kernel?: { readonly offset: number; readonly memoryBytes: number };
  /** Bytes of the initial RAM disk. */
  readonly initrdBytes?: number;
}

/** Guest-physical addresses. */
export interface GuestLayout {
  /** The kernel's first byte. */
  readonly kernel: number | undefined;
  /** The initial RAM disk: its first byte and the one behind its last. */
  readonly initrd: { readonly start: number; readonly end: number } | undefined;
  /** The device tree, and the bytes that it may have. */
  readonly deviceTree: { readonly address: number; readonly capacityBytes: number };
}

const pageBytes = 4096;
/** Kernels map the device tree by a large page or two. */
const deviceTreeAlignment = 2 ** 21;
/** The part of RAM that kernels of 32 bits reach early. */
const reachableBytes = 2 ** 30;

/**
 * Where the parts go: the kernel where it wants, device tree and RAM disk at the end of RAM, as
 * firmware expects it that only knows the beginning of RAM to be taken.
 *
 * @throws GuestLayoutError
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { placeGuest } from "@isovm/machine";
 *
 * const { kernel, initrd, deviceTree } = placeGuest({
 *   ramBase: 0x8000_0000,
 *   memoryBytes: 64 << 20,
 *   kernel: { offset: 0x20_0000, memoryBytes: 30 << 20 },
 *   initrdBytes: 5000,
 * });
 * assert.equal(kernel, 0x8020_0000);
 * assert.deepEqual(initrd, { start: 0x83df_e000, end: 0x83df_f388 });
 * assert.equal(deviceTree.address, 0x83e0_0000);
 * ```
 */
export function placeGuest(parts: GuestParts): GuestLayout {
  const { ramBase, memoryBytes, firmware, initrdBytes } = parts;
  const end = ramBase + memoryBytes;
  const fail = (part: string, needed: number): never => {
    throw new GuestLayoutError(
      `${part} doesn't fit into ${mebibytes(memoryBytes)} of memory: it takes ${mebibytes(needed)}`,
      { part, memoryBytes, neededBytes: needed },
    );
  };
  if (firmware && (firmware.start < ramBase || firmware.start >= end)) {
    const [place, memory] = [firmware.start, ramBase].map((address) => `0x${address.toString(16)}`);
    throw new GuestLayoutError(
      `the firmware is for address ${place}, and this machine's memory begins at ${memory}`,
      { part: "the firmware", memoryBytes },
    );
  }
  if (firmware && firmware.end > end) {
    fail("the firmware", firmware.end - firmware.start);
  }
  const kernel = parts.kernel && {
    start: ramBase + parts.kernel.offset,
    end: ramBase + parts.kernel.offset + parts.kernel.memoryBytes,
  };
  if (kernel && kernel.end > end) fail("the kernel", kernel.end - ramBase);
  if (firmware && kernel && firmware.end > kernel.start && firmware.start < kernel.end) {
    throw new GuestLayoutError("firmware and kernel lie at the same addresses", {
      part: "the firmware",
      memoryBytes,
    });
  }
  const used = Math.max(firmware?.end ?? ramBase, kernel?.end ?? ramBase);
  const top = ramBase + Math.min(memoryBytes, reachableBytes);
  const deviceTree = Math.ceil(top / deviceTreeAlignment - 1) * deviceTreeAlignment;
  if (deviceTree < used) fail("the device tree", deviceTreeAlignment + used - ramBase);
  const initrd =
    initrdBytes === undefined
      ? undefined
      : Math.floor((deviceTree - initrdBytes) / pageBytes) * pageBytes;
  if (initrd !== undefined && initrd < used) {
    fail("the initial RAM disk", (initrdBytes ?? 0) + deviceTreeAlignment + used - ramBase);
  }
  return {
    kernel: kernel?.start,
    initrd: initrd === undefined ? undefined : { start: initrd, end: initrd + (initrdBytes ?? 0) },
    deviceTree: { address: deviceTree, capacityBytes: top - deviceTree },
  };
}

function mebibytes(bytes: number): string {
  return `${Math.ceil((bytes / 2 ** 20) * 10) / 10} MiB`;
}
