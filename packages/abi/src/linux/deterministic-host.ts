/** Host services that repeat exactly, for runs that must. */
import type { HostOutput, HostServices } from "./host-services.ts";

/** 2000-01-01 UTC, when guests without a clock think that they start. */
const epochNanos = 946_684_800_000_000_000n;

/**
 * Services without a host: time passes by a nanosecond for each instruction, random bytes come
 * from a generator (xorshift, of no cryptographic worth) seeded with 0, input has ended, output
 * goes nowhere.
 */
export function deterministicHost(retired: () => bigint): HostServices {
  let skipped = 0;
  const monotonicNanos = (): number => Number(retired()) + skipped;
  return {
    clock: {
      monotonicNanos,
      realtimeNanos: () => epochNanos + BigInt(monotonicNanos()),
      skipTo(nanos) {
        skipped += Math.max(0, Math.ceil(nanos) - monotonicNanos());
      },
    },
    random: seededRandom(0),
    stdin: { isTerminal: false, read: () => undefined, available: () => Number.POSITIVE_INFINITY },
    stdout: { isTerminal: false, write: () => true },
    stderr: { isTerminal: false, write: () => true },
  };
}

/** A source of bytes that repeats for a seed. Not for secrets. */
export function seededRandom(seed: number): (target: Uint8Array) => void {
  let state = (seed ^ 0x9e37_79b9) >>> 0 || 1;
  return (target) => {
    for (let index = 0; index < target.length; index += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      target[index] = state & 0xff;
    }
  };
}

/** An output stream that keeps what the guest writes. */
export interface CapturedOutput extends HostOutput {
  /** All bytes so far. */
  bytes(): Uint8Array;
  /** The bytes as UTF-8 text. */
  text(): string;
}

/** Captures what a guest writes: `linux({ host: { stdout: captureOutput() } })`. */
export function captureOutput(): CapturedOutput {
  const chunks: Uint8Array[] = [];
  const bytes = (): Uint8Array => {
    const all = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  };
  return {
    isTerminal: false,
    write(chunk) {
      chunks.push(chunk.slice());
      return true;
    },
    bytes,
    text: () => new TextDecoder().decode(bytes()),
  };
}
