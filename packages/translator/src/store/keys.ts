/**
 * Keys of the storage. They say all that is needed to choose what to give up, so that nothing but a
 * list of keys is read for it, and no two processes ever write different values to the same key:
 *
 * - `translations:PROGRAM:HASH-SIZE`, an image of SIZE bytes, named after its content;
 * - `translations:PROGRAM:used-TIME`, no matter the value: PROGRAM was run at TIME (milliseconds of Unix).
 *
 * PROGRAM and HASH are the first 128 bits of hashes.
 */
import { hex } from "./hash.ts";

/** The base of everything that a store keeps. */
export const baseKey = "translations";

/** What a key stands for. */
export type KeyMeaning =
  | { readonly kind: "image"; readonly program: string; readonly sizeBytes: number }
  | { readonly kind: "use"; readonly program: string; readonly timeMillis: number };

const pattern =
  /^translations:(?<program>[0-9a-f]{32}):(?:[0-9a-f]{32}-(?<size>\d{1,10})|used-(?<time>\d{1,15}))$/;

/** The meaning of a key; undefined if it isn't a store's. */
export function meaningOf(key: string): KeyMeaning | undefined {
  const { program, size, time } = pattern.exec(key)?.groups ?? {};
  if (program === undefined) return undefined;
  return size === undefined
    ? { kind: "use", program, timeMillis: Number(time) }
    : { kind: "image", program, sizeBytes: Number(size) };
}

/** The name of a program in keys. */
export function programName(identity: Uint8Array): string {
  return hex(identity.subarray(0, 16));
}

/** The base of a program's keys. */
export function programKey(program: string): string {
  return `${baseKey}:${program}`;
}

/** The key of an image, which ends with its hash. */
export function imageKey(program: string, image: Uint8Array): string {
  const hash = image.subarray(-32, -16);
  return `${programKey(program)}:${hex(hash)}-${image.length}`;
}

/** The key that says when a program was used. */
export function useKey(program: string, timeMillis: number): string {
  return `${programKey(program)}:used-${Math.max(0, Math.trunc(timeMillis))}`;
}
