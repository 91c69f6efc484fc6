/** Bytes of randomness for a guest. */
import { StateReader } from "../state-reader.ts";

/** What gives a guest random bytes. */
export interface RandomSource {
  /** Fills all of `bytes`. */
  fill(bytes: Uint8Array): void;
  /** What snapshots of a machine have to keep, as plain data. */
  state?(): unknown;
  /** @throws DeviceStateError if it is not the state of such a source. */
  restore?(state: unknown): void;
}

/**
 * A source that gives the same bytes for the same seed, so that a run can be repeated. Whoever
 * knows some of them can compute the rest: a guest that keeps secrets needs another source, such as
 * `crypto.getRandomValues`.
 *
 * @see Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021: xoshiro128**
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { seededRandom } from "@isovm/devices";
 *
 * const [first, second] = [new Uint8Array(8), new Uint8Array(8)];
 * seededRandom(42).fill(first);
 * seededRandom(42).fill(second);
 * assert.deepEqual(first, second);
 * ```
 */
export function seededRandom(seed: number): RandomSource {
  let words = seedWords(seed);
  return {
    fill: (bytes) => {
      for (let at = 0; at < bytes.length; at += 4) {
        const word = next(words);
        for (let byte = 0; byte < Math.min(4, bytes.length - at); byte++)
          bytes[at + byte] = word >>> (8 * byte);
      }
    },
    state: () => ({ words: [...words] }),
    restore: (state) => {
      words = Uint32Array.from(
        new StateReader("random source", state).naturals("words", 4, 0xffff_ffff),
      );
    },
  };
}

/** The next 32 bits. */
function next(words: Uint32Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = words;
  const result = Math.imul(rotate(Math.imul(b, 5), 7), 9);
  const third = c ^ a;
  const fourth = d ^ b;
  words.set([a ^ fourth, b ^ third, third ^ (b << 9), rotate(fourth, 11)]);
  return result;
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

/** A state that is not all zero, from the finaliser of MurmurHash3 over a counter. */
function seedWords(seed: number): Uint32Array {
  return Uint32Array.from({ length: 4 }, (_, index) => {
    let word = (seed + Math.imul(index + 1, 0x9e37_79b9)) | 0;
    word = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35);
    return word ^ (word >>> 16);
  });
}
