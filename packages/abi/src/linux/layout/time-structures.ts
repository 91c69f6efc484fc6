/**
 * Times in guest memory. Calls of 64-bit guests and the `time64` calls of 32-bit ones use the
 * same 64-bit structures; the few older calls that 32-bit ports kept use longs.
 * @see clock_gettime(2), include/uapi/linux/time_types.h
 */
import { LinuxError } from "../errno.ts";
import type { GuestMemory } from "../memory/guest-memory.ts";
import type { DataModel, Struct } from "./struct.ts";
import { struct } from "./struct.ts";

const NANOS = 1_000_000_000;

const timespecMembers = { seconds: "i64", nanos: "i64" } as const;
/** `struct __kernel_timespec`, 16 bytes. */
export const timespecStruct: Struct<typeof timespecMembers> = struct(timespecMembers);
const itimerspecMembers = {
  interval: timespecStruct as typeof timespecStruct,
  value: timespecStruct as typeof timespecStruct,
} as const;
/** `struct __kernel_itimerspec`. */
export const itimerspecStruct: Struct<typeof itimerspecMembers> = struct(itimerspecMembers);
const timevalMembers = { seconds: "long", micros: "long" } as const;
/** `struct __kernel_old_timeval`: longs. */
export const timevalStruct: Struct<typeof timevalMembers> = struct(timevalMembers);
const itimervalMembers = {
  interval: timevalStruct as typeof timevalStruct,
  value: timevalStruct as typeof timevalStruct,
} as const;
/** `struct __kernel_old_itimerval`. */
export const itimervalStruct: Struct<typeof itimervalMembers> = struct(itimervalMembers);

/** A timespec's value for a time in nanoseconds. */
export function timespecOf(nanos: number | bigint): { seconds: bigint; nanos: number } {
  const total = BigInt(nanos);
  return { seconds: total / BigInt(NANOS), nanos: Number(total % BigInt(NANOS)) };
}

/** A timeval's value for a time in nanoseconds. */
export function timevalOf(nanos: number): { seconds: number; micros: number } {
  return { seconds: Math.floor(nanos / NANOS), micros: Math.floor((nanos % NANOS) / 1000) };
}

/** The `tv_nsec` of a timespec: a 32-bit guest may leave its upper half undefined. */
export function nanosPart(model: DataModel, nanos: bigint): number {
  return Number(model.wordBytes === 4 ? BigInt.asIntN(32, nanos) : nanos);
}

/** Linux's own largest time, `KTIME_MAX`. */
const LARGEST_NANOS = 2 ** 63;

/**
 * Absolute times of the real-time clock are beyond the exact integers, but to 256 ns exact: they are
 * rounded up, for a wait must not end early.
 */
function saturated(total: number): number {
  if (total >= LARGEST_NANOS) return Number.POSITIVE_INFINITY;
  return total > Number.MAX_SAFE_INTEGER ? total + 2 ** (Math.floor(Math.log2(total)) - 52) : total;
}

/** The nanoseconds of a timespec; huge values saturate at Infinity. @throws LinuxError EINVAL. */
export function timespecNanos(model: DataModel, value: { seconds: bigint; nanos: bigint }): number {
  const nanos = nanosPart(model, value.nanos);
  if (value.seconds < 0n || nanos < 0 || nanos >= NANOS) throw new LinuxError("EINVAL");
  const total = Number(value.seconds) * NANOS + nanos;
  return saturated(total);
}

/** Reads a timespec in nanoseconds; undefined for a null pointer. @throws LinuxError EINVAL. */
export function readTimespec(guest: GuestMemory, address: number): number | undefined {
  if (address === 0) return undefined;
  return timespecNanos(guest.model, guest.readStruct(timespecStruct, address));
}

/** The nanoseconds of a timeval. @throws LinuxError EINVAL. */
export function timevalNanos(value: { seconds: number; micros: number }): number {
  if (value.seconds < 0 || value.micros < 0 || value.micros >= 1_000_000) {
    throw new LinuxError("EINVAL");
  }
  const total = value.seconds * NANOS + value.micros * 1000;
  return saturated(total);
}
