/**
 * The guest's clocks over the host's.
 * @see clock_gettime(2), clock_getcpuclockid(3)
 */
import { clocks } from "../constants/clocks.ts";
import { LinuxError } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import type { Thread } from "../process/thread.ts";

/** A clock's time in nanoseconds. @throws LinuxError EINVAL for clocks that don't exist. */
export function readClock(kernel: Kernel, thread: Thread, clock: number): bigint {
  switch (clock) {
    case clocks.CLOCK_REALTIME:
    case clocks.CLOCK_REALTIME_COARSE:
    case clocks.CLOCK_REALTIME_ALARM:
    case clocks.CLOCK_TAI:
      return kernel.host.clock.realtimeNanos();
    case clocks.CLOCK_MONOTONIC:
    case clocks.CLOCK_MONOTONIC_RAW:
    case clocks.CLOCK_MONOTONIC_COARSE:
    case clocks.CLOCK_BOOTTIME:
    case clocks.CLOCK_BOOTTIME_ALARM:
      return BigInt(Math.floor(kernel.now()));
    case clocks.CLOCK_PROCESS_CPUTIME_ID:
      return BigInt(
        Math.floor(thread.process.usage.userNanos + kernel.runningNanos(thread.process)),
      );
    case clocks.CLOCK_THREAD_CPUTIME_ID:
      return BigInt(Math.floor(thread.cpuNanos + kernel.runningNanos(thread)));
    default:
      return cpuClock(kernel, thread, clock);
  }
}

// A negative id names the CPU-time clock of a process or thread: its complement, shifted.
function cpuClock(kernel: Kernel, thread: Thread, clock: number): bigint {
  if (clock >= 0 || (clock & 7) === 3 || (clock & 3) === 3) throw new LinuxError("EINVAL");
  const isThread = (clock & 4) !== 0;
  const id = ~(clock >> 3);
  if (isThread) {
    const other = id === 0 ? thread : thread.process.threads.get(id);
    if (other === undefined) throw new LinuxError("EINVAL");
    return BigInt(Math.floor(other.cpuNanos + kernel.runningNanos(other)));
  }
  const process = id === 0 ? thread.process : kernel.processes.get(id);
  if (process === undefined) throw new LinuxError("EINVAL");
  return BigInt(Math.floor(process.usage.userNanos + kernel.runningNanos(process)));
}

/** The monotonic time of a timer's expiry that was given on some clock, absolute or from now. */
export function monotonicFrom(
  kernel: Kernel,
  clock: number,
  nanos: number,
  isAbsolute: boolean,
): number {
  const now = kernel.now();
  if (!isAbsolute) return now + nanos;
  const isRealtime =
    clock === clocks.CLOCK_REALTIME ||
    clock === clocks.CLOCK_REALTIME_ALARM ||
    clock === clocks.CLOCK_TAI;
  if (!isRealtime) return nanos;
  // Infinity stays; otherwise the difference of the clocks is exact enough in a double.
  return Number.isFinite(nanos)
    ? now + Number(BigInt(Math.floor(nanos)) - kernel.host.clock.realtimeNanos())
    : nanos;
}
