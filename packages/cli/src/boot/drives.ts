/** The drives of a machine, and what else is in its slots for virtio. */
import {
  type BlockStorage,
  type DeviceFactory,
  overlay,
  type RandomSource,
  StorageError,
  virtioBlock,
  virtioEntropy,
  virtioMmio,
} from "@isovm/devices";
import { fileStorage } from "@isovm/devices/node";
import { InputError, UsageError } from "../errors.ts";
import type { Drive } from "../options/drive.ts";

/** Slots of the board; the last one has the entropy device. */
const mostDrives = 7;

/** Storage for drives. @throws InputError, UsageError */
export function openDrives(drives: readonly Drive[]): BlockStorage[] {
  if (drives.length > mostDrives) {
    throw new UsageError(`${drives.length} drives: there can be ${mostDrives}`);
  }
  const open: BlockStorage[] = [];
  try {
    for (const { path, access } of drives) {
      const file = fileStorage(path, { readOnly: access !== "readWrite" });
      open.push(access === "overlay" ? overlay(file) : file);
    }
    return open;
  } catch (error) {
    for (const storage of open) storage.close();
    if (error instanceof StorageError) throw new InputError(error.message, { cause: error });
    throw error;
  }
}

/** The devices in a board's slots: drives from the first one on, entropy in the last. */
export function virtioSlots(
  storages: readonly BlockStorage[],
  random: RandomSource,
): (DeviceFactory | undefined)[] {
  const slots: (DeviceFactory | undefined)[] = storages.map((storage, index) =>
    virtioMmio(virtioBlock(storage, { serial: `drive${index}` })),
  );
  slots[mostDrives] = virtioMmio(virtioEntropy(random));
  return slots;
}
