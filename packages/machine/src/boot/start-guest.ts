/** Puts what is booted into a machine's memory and starts its harts. */
import type { SystemVm } from "../system/system-vm.ts";
import type { RegisterValue } from "../system/system-vm-options.ts";
import type { MemoryPiece } from "./firmware-image.ts";
import { GuestLayoutError } from "./guest-layout.ts";

/** What a machine finds at power-on. */
export interface BootImage {
  readonly pieces: readonly MemoryPiece[];
  /** Address of the first instruction. */
  readonly entry: number;
  /** Registers that a hart has then. */
  readonly registers: (hart: number) => readonly RegisterValue[];
}

/**
 * Powers a machine on, or on again: its devices are reset, its memory holds the pieces (and what was
 * in it before elsewhere), all harts are at the entry.
 *
 * @throws GuestLayoutError if a piece isn't in RAM as a whole
 * @throws ByteSourceError if a source ends early
 */
export function startGuest(vm: SystemVm, { pieces, entry, registers }: BootImage): void {
  vm.devices.reset();
  for (const { address, bytes } of pieces) {
    const { memory } = vm;
    const isWhole =
      bytes instanceof Uint8Array ? memory.write(address, bytes) : memory.fill(address, bytes);
    if (isWhole) continue;
    throw new GuestLayoutError(`there is no memory at 0x${address.toString(16)}`, {
      part: "a piece",
      memoryBytes: memory.sizeBytes,
    });
  }
  for (let hart = 0; hart < vm.harts; hart += 1) {
    vm.startHart(hart, BigInt(entry), registers(hart));
  }
}
