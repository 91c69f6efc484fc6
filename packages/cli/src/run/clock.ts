/** The host's time and randomness, as a guest of `isovm run` gets them. */
import { randomFillSync } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { HostClock, RandomSource } from "@isovm/abi";
import type { EngineClock } from "@isovm/isa-spec";

/** The host's clocks. */
export const hostClock: HostClock = {
  monotonicNanos: () => Math.round(performance.now() * 1e6),
  // Whole microseconds: more is noise.
  realtimeNanos: () =>
    BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e3)) * 1000n,
};

/** The ISA's real-time counter: 10 MHz, as QEMU's boards have it. */
export const engineClock: EngineClock = {
  time: () => BigInt(Math.round(performance.now() * 1e4)),
};

/** The host's randomness. */
export const hostRandom: RandomSource = (target) => {
  randomFillSync(target);
};
