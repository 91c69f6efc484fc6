/**
 * The devices of major number 1: null, zero, full, random, urandom.
 * @see mem(4), null(4), full(4), random(4)
 */
import { LinuxError } from "../../linux/errno.ts";
import { alwaysReady } from "../directory-file.ts";
import type { CharacterDevice } from "./character-device.ts";

/** Fills a buffer with random bytes. */
export type FillRandom = (buffer: Uint8Array) => void;

/** `/dev/null`: at its end, and takes everything. */
export const nullDevice: CharacterDevice = {
  seekable: true,
  read: () => 0,
  write: (buffer) => buffer.length,
  readiness: () => alwaysReady,
};

/** `/dev/zero`: endless zeros. */
export const zeroDevice: CharacterDevice = {
  ...nullDevice,
  read: readZeros,
};

/** `/dev/full`: endless zeros, and no room for anything. */
export const fullDevice: CharacterDevice = {
  ...zeroDevice,
  write: () => {
    throw new LinuxError("ENOSPC");
  },
};

/** `/dev/random` and `/dev/urandom`: random bytes; written ones are ignored. */
export function randomDevice(fillRandom: FillRandom): CharacterDevice {
  return {
    ...nullDevice,
    read: (buffer) => {
      fillRandom(buffer);
      return buffer.length;
    },
  };
}

function readZeros(buffer: Uint8Array): number {
  buffer.fill(0);
  return buffer.length;
}
