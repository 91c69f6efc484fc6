/** The drives of a machine, and what else is in its slots for virtio. */
import {
  type BlockStorage,
  type ConsoleLine,
  type DeviceFactory,
  overlay,
  type RandomSource,
  StorageError,
  virtioBlock,
  virtioConsole,
  virtioEntropy,
  virtioMmio,
} from "@isovm/devices";
import { fileStorage } from "@isovm/devices/node";
import { InputError, UsageError } from "../errors.ts";
import type { Drive } from "../options/drive.ts";

/** Slots of the board: the last one has the entropy device, the one before may have a console. */
const entropySlot = 7;
const consoleSlot = 6;

/** Storage for drives. @throws InputError, UsageError */
export function openDrives(drives: readonly Drive[], hasConsole: boolean): BlockStorage[] {
  const most = hasConsole ? consoleSlot : entropySlot;
  if (drives.length > most) throw new UsageError(`${drives.length} drives: there can be ${most}`);
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

/** The devices in a board's slots: drives from the first one on, at the end console and entropy. */
export function virtioSlots(
  storages: readonly BlockStorage[],
  console: ConsoleLine | undefined,
  random: RandomSource,
): (DeviceFactory | undefined)[] {
  const slots: (DeviceFactory | undefined)[] = storages.map((storage, index) =>
    virtioMmio(virtioBlock(storage, { serial: `drive${index}` })),
  );
  if (console) slots[consoleSlot] = virtioMmio(virtioConsole(console));
  slots[entropySlot] = virtioMmio(virtioEntropy(random));
  return slots;
}
