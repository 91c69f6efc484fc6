/**
 * Clocks, sleeping and timers.
 * @see clock_gettime(2), nanosleep(2), getitimer(2), timer_create(2), times(2)
 */
import { clocks } from "../constants/clocks.ts";
import { MAX_SIGNAL, signals } from "../constants/signals.ts";
import { LinuxError } from "../errno.ts";
import { struct } from "../layout/struct.ts";
import {
  itimerspecStruct,
  itimervalStruct,
  timespecNanos,
  timespecOf,
  timespecStruct,
  timevalNanos,
  timevalOf,
  timevalStruct,
} from "../layout/time-structures.ts";
import { monotonicFrom, readClock } from "../time/clocks.ts";
import { timersOf } from "../time/interval-timers.ts";
import type { FormatContext, SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { checkFlags } from "./support.ts";
import type { Outcome, SystemCall } from "./system-call.ts";

const TIMER_ABSTIME = 1;
const TICK_NANOS = 10_000_000;
const COARSE_NANOS = 4_000_000n;

function sleep(
  call: SystemCall,
  clock: number,
  args: { flags: number; wanted: number; rest: number },
): Outcome {
  const { guest, kernel } = call;
  const isAbsolute = (args.flags & TIMER_ABSTIME) !== 0;
  const until = call.memo(() => {
    const nanos = timespecNanos(guest.model, guest.readStruct(timespecStruct, args.wanted));
    return monotonicFrom(kernel, clock, nanos, isAbsolute);
  });
  if (kernel.now() >= until) return 0;
  return call.block({
    untilNanos: until,
    // An absolute sleep simply starts over; a relative one says how much is left.
    interruption: "interrupt",
    interrupted: () => {
      if (isAbsolute || args.rest === 0) return;
      const left = Math.min(Math.max(0, until - kernel.now()), Number.MAX_SAFE_INTEGER);
      guest.writeStruct(timespecStruct, args.rest, timespecOf(Math.ceil(left)));
    },
  });
}

function checkSleepClock(clock: number): void {
  const allowed: readonly number[] = [
    clocks.CLOCK_REALTIME,
    clocks.CLOCK_MONOTONIC,
    clocks.CLOCK_BOOTTIME,
    clocks.CLOCK_TAI,
  ];
  if (!allowed.includes(clock)) throw new LinuxError("EINVAL");
}

const sigevent = struct({ value: "bits", signal: "i32", notify: "i32", thread: "i32" });
const SIGEV_SIGNAL = 0;
const SIGEV_NONE = 1;
const SIGEV_THREAD_ID = 4;

function timerCreate(call: SystemCall, clock: number, event: number, id: number): number {
  const { guest, kernel, process } = call;
  // Fails for clocks that don't exist.
  readClock(kernel, call.thread, clock);
  const wanted = event === 0 ? undefined : guest.readStruct(sigevent, event);
  const notify = wanted?.notify ?? SIGEV_SIGNAL;
  if (![SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD_ID].includes(notify)) throw new LinuxError("EINVAL");
  const signal = wanted?.signal ?? signals.SIGALRM;
  if (notify !== SIGEV_NONE && (signal < 1 || signal > MAX_SIGNAL)) throw new LinuxError("EINVAL");
  let thread: number | undefined;
  if (notify === SIGEV_THREAD_ID) {
    thread = wanted?.thread ?? 0;
    if (!process.threads.has(thread)) throw new LinuxError("EINVAL");
  }
  guest.accessible(id, 4, "write");
  const created = timersOf(kernel, process).create(clock, (number) => ({
    signal: notify === SIGEV_NONE ? 0 : signal,
    value: wanted?.value ?? BigInt(number),
    thread,
  }));
  guest.writeU32(id, created);
  return 0;
}

function timerSet(
  call: SystemCall,
  args: { id: number; flags: number; value: number; old: number },
): number {
  checkFlags(args.flags, TIMER_ABSTIME);
  const { guest, kernel, process } = call;
  const timer = timersOf(kernel, process).get(args.id);
  const wanted = guest.readStruct(itimerspecStruct, args.value);
  const first = timespecNanos(guest.model, wanted.value);
  const interval = timespecNanos(guest.model, wanted.interval);
  const before = timer.get();
  const isAbsolute = (args.flags & TIMER_ABSTIME) !== 0;
  timer.set(
    first === 0 ? undefined : monotonicFrom(kernel, timer.clock, first, isAbsolute),
    interval,
  );
  if (args.old !== 0) {
    guest.writeStruct(itimerspecStruct, args.old, {
      value: timespecOf(Math.floor(before.remainingNanos)),
      interval: timespecOf(before.intervalNanos),
    });
  }
  return 0;
}

const itimers = { ITIMER_REAL: 0, ITIMER_VIRTUAL: 1, ITIMER_PROF: 2 } as const;

function writeItimer(call: SystemCall, which: number, address: number): void {
  const { kernel, process, guest } = call;
  const now =
    which === itimers.ITIMER_REAL
      ? timersOf(kernel, process).real.get()
      : { remainingNanos: 0, intervalNanos: 0 };
  guest.writeStruct(itimervalStruct, address, {
    value: timevalOf(now.remainingNanos),
    interval: timevalOf(now.intervalNanos),
  });
}

function setitimer(call: SystemCall, which: number, value: number, old: number): number {
  if (which < 0 || which > itimers.ITIMER_PROF) throw new LinuxError("EINVAL");
  const { guest, kernel, process } = call;
  const wanted = value === 0 ? undefined : guest.readStruct(itimervalStruct, value);
  const first = wanted === undefined ? 0 : timevalNanos(wanted.value);
  const interval = wanted === undefined ? 0 : timevalNanos(wanted.interval);
  if (old !== 0) writeItimer(call, which, old);
  if (which === itimers.ITIMER_REAL) {
    timersOf(kernel, process).real.set(first === 0 ? undefined : kernel.now() + first, interval);
  }
  return 0;
}

const clock = kind.choice(clocks);
const timespecText = (address: number, { call }: FormatContext): string => {
  if (address === 0) return "NULL";
  try {
    const { seconds, nanos } = call.guest.readStruct(timespecStruct, address);
    return `{tv_sec=${seconds}, tv_nsec=${nanos}}`;
  } catch {
    return kind.pointer.format(address, { call, result: undefined });
  }
};
const timespecIn = { decode: kind.pointer.decode, format: timespecText };
const timespecOut = { decode: kind.pointer.decode, format: timespecText, isOutput: true };

/** The rows of this family. */
export const timeCalls: readonly SystemCallDefinition[] = [
  systemCall("clock_gettime", { clock, time: timespecOut }, (call, { clock: id, time }) => {
    const nanos = readClock(call.kernel, call.thread, id);
    call.guest.writeStruct(timespecStruct, time, timespecOf(nanos));
    return 0;
  }),
  systemCall("clock_getres", { clock, resolution: timespecOut }, (call, args) => {
    readClock(call.kernel, call.thread, args.clock);
    const isCoarse =
      args.clock === clocks.CLOCK_REALTIME_COARSE || args.clock === clocks.CLOCK_MONOTONIC_COARSE;
    if (args.resolution !== 0) {
      const nanos = timespecOf(isCoarse ? COARSE_NANOS : 1n);
      call.guest.writeStruct(timespecStruct, args.resolution, nanos);
    }
    return 0;
  }),
  systemCall(
    "clock_settime",
    { clock, time: timespecIn },
    () => {
      throw new LinuxError("EPERM");
    },
    { support: "stub", note: "EPERM: the clock is the host's." },
  ),
  systemCall(
    "clock_nanosleep",
    { clock, flags: kind.flags({ TIMER_ABSTIME }), wanted: timespecIn, rest: kind.pointer },
    (call, args) => {
      checkSleepClock(args.clock);
      return sleep(call, args.clock, args);
    },
    { support: "partial", note: "No sleeping on CPU-time clocks." },
  ),
  systemCall("nanosleep", { wanted: timespecIn, rest: kind.pointer }, (call, args) =>
    sleep(call, clocks.CLOCK_MONOTONIC, { flags: 0, ...args }),
  ),
  systemCall("gettimeofday", { time: kind.pointer, zone: kind.pointer }, (call, { time, zone }) => {
    if (time !== 0) {
      const nanos = call.kernel.host.clock.realtimeNanos();
      call.guest.writeStruct(timevalStruct, time, {
        seconds: nanos / 1_000_000_000n,
        micros: (nanos % 1_000_000_000n) / 1000n,
      });
    }
    if (zone !== 0) call.guest.write(zone, new Uint8Array(8));
    return 0;
  }),
  systemCall(
    "settimeofday",
    { time: kind.pointer, zone: kind.pointer },
    () => {
      throw new LinuxError("EPERM");
    },
    { support: "stub", note: "EPERM: the clock is the host's." },
  ),
  systemCall("times", { buffer: kind.pointer }, (call, { buffer }) => {
    const { usage, childUsage } = call.process;
    const { guest } = call;
    const { wordBytes } = guest.model;
    const ticks = (nanos: number): number => Math.floor(nanos / TICK_NANOS);
    if (buffer !== 0) {
      for (const [index, nanos] of [usage.userNanos, 0, childUsage.userNanos, 0].entries()) {
        guest.writeWord(buffer + index * wordBytes, ticks(nanos));
      }
    }
    return ticks(call.kernel.now());
  }),
  systemCall(
    "getitimer",
    { which: kind.choice(itimers), value: kind.pointer },
    (call, { which, value }) => {
      if (which < 0 || which > itimers.ITIMER_PROF) throw new LinuxError("EINVAL");
      writeItimer(call, which, value);
      return 0;
    },
  ),
  systemCall(
    "setitimer",
    { which: kind.choice(itimers), value: kind.pointer, old: kind.pointer },
    (call, { which, value, old }) => setitimer(call, which, value, old),
    { support: "partial", note: "ITIMER_VIRTUAL and ITIMER_PROF never expire." },
  ),
  systemCall(
    "timer_create",
    { clock, event: kind.pointer, id: kind.pointer },
    (call, { clock: which, event, id }) => timerCreate(call, which, event, id),
    { support: "partial", note: "CPU-time clocks count as CLOCK_MONOTONIC." },
  ),
  systemCall(
    "timer_settime",
    {
      id: kind.int,
      flags: kind.flags({ TIMER_ABSTIME }),
      value: kind.pointer,
      old: kind.pointer,
    },
    (call, args) => timerSet(call, args),
  ),
  systemCall("timer_gettime", { id: kind.int, value: kind.pointer }, (call, { id, value }) => {
    const { remainingNanos, intervalNanos } = timersOf(call.kernel, call.process).get(id).get();
    call.guest.writeStruct(itimerspecStruct, value, {
      value: timespecOf(Math.floor(remainingNanos)),
      interval: timespecOf(intervalNanos),
    });
    return 0;
  }),
  systemCall("timer_getoverrun", { id: kind.int }, (call, { id }) =>
    Math.min(timersOf(call.kernel, call.process).get(id).overrun, 0x7fff_ffff),
  ),
  systemCall("timer_delete", { id: kind.int }, (call, { id }) => {
    timersOf(call.kernel, call.process).delete(id);
    return 0;
  }),
];
