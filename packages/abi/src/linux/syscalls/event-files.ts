/**
 * Events as files: eventfd, timerfd, signalfd.
 * @see eventfd(2), timerfd_create(2), signalfd(2)
 */

import { clocks } from "../constants/clocks.ts";
import { openFlags } from "../constants/files.ts";
import { LinuxError } from "../errno.ts";
import { FileDescription } from "../files/description.ts";
import { EventCounter } from "../files/eventfd.ts";
import { SignalFile } from "../files/signalfd.ts";
import { TimerFile } from "../files/timerfd.ts";
import { itimerspecStruct, timespecNanos, timespecOf } from "../layout/time-structures.ts";
import { unblockable } from "../signals/signal-set.ts";
import { monotonicFrom } from "../time/clocks.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { checkFlags, install, openDescription } from "./support.ts";
import type { SystemCall } from "./system-call.ts";

const EFD_SEMAPHORE = 1;
const TFD_TIMER_ABSTIME = 1;
const TFD_TIMER_CANCEL_ON_SET = 2;
const SIGSET_BYTES = 8;

const { O_CLOEXEC, O_NONBLOCK, O_RDWR } = openFlags;

function timerOf(call: SystemCall, fd: number): TimerFile {
  const { object } = openDescription(call, fd);
  if (!(object instanceof TimerFile)) throw new LinuxError("EINVAL");
  return object;
}

function timerValue(call: SystemCall, timer: TimerFile): Uint8Array {
  const { remainingNanos, intervalNanos } = timer.get();
  const { model } = call.guest;
  return itimerspecStruct.encode(model, {
    interval: timespecOf(intervalNanos),
    value: timespecOf(remainingNanos),
  });
}

const clockName = kind.choice(clocks);

/** The rows of this family. */
export const eventFileCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "eventfd2",
    {
      count: kind.uint,
      flags: kind.flags({ EFD_SEMAPHORE, EFD_CLOEXEC: O_CLOEXEC, EFD_NONBLOCK: O_NONBLOCK }),
    },
    (call, { count, flags }) => {
      checkFlags(flags, EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK);
      const counter = new EventCounter(call.kernel.allocateInode(), count, {
        isSemaphore: (flags & EFD_SEMAPHORE) !== 0,
        littleEndian: call.guest.model.littleEndian,
      });
      const description = new FileDescription(counter, O_RDWR | (flags & O_NONBLOCK));
      return install(call, description, (flags & O_CLOEXEC) !== 0);
    },
  ),
  systemCall(
    "timerfd_create",
    { clock: clockName, flags: kind.flags({ TFD_CLOEXEC: O_CLOEXEC, TFD_NONBLOCK: O_NONBLOCK }) },
    (call, { clock, flags }) => {
      checkFlags(flags, O_CLOEXEC | O_NONBLOCK);
      const allowed: readonly number[] = [
        clocks.CLOCK_REALTIME,
        clocks.CLOCK_MONOTONIC,
        clocks.CLOCK_BOOTTIME,
      ];
      if (!allowed.includes(clock)) throw new LinuxError("EINVAL");
      const description = new FileDescription(
        new TimerFile(call.kernel, clock),
        O_RDWR | (flags & O_NONBLOCK),
      );
      return install(call, description, (flags & O_CLOEXEC) !== 0);
    },
  ),
  systemCall(
    "timerfd_settime",
    {
      fd: kind.fd,
      flags: kind.flags({ TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET }),
      value: kind.pointer,
      old: kind.pointer,
    },
    (call, { fd, flags, value, old }) => {
      checkFlags(flags, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
      const timer = timerOf(call, fd);
      const { guest } = call;
      const wanted = guest.readStruct(itimerspecStruct, value);
      const first = timespecNanos(guest.model, wanted.value);
      const interval = timespecNanos(guest.model, wanted.interval);
      if (old !== 0) guest.write(old, timerValue(call, timer));
      const isAbsolute = (flags & TFD_TIMER_ABSTIME) !== 0;
      timer.set(
        first === 0 ? undefined : monotonicFrom(call.kernel, timer.clock, first, isAbsolute),
        interval,
      );
      return 0;
    },
    {
      support: "partial",
      note: "TFD_TIMER_CANCEL_ON_SET has nothing to cancel: the clock is never set.",
    },
  ),
  systemCall("timerfd_gettime", { fd: kind.fd, value: kind.pointer }, (call, { fd, value }) => {
    call.guest.write(value, timerValue(call, timerOf(call, fd)));
    return 0;
  }),
  systemCall(
    "signalfd4",
    {
      fd: kind.fd,
      mask: kind.pointer,
      size: kind.size,
      flags: kind.flags({ SFD_CLOEXEC: O_CLOEXEC, SFD_NONBLOCK: O_NONBLOCK }),
    },
    (call, { fd, mask: address, size, flags }) => {
      checkFlags(flags, O_CLOEXEC | O_NONBLOCK);
      if (size !== SIGSET_BYTES) throw new LinuxError("EINVAL");
      const mask = call.guest.readU64(address) & ~unblockable;
      if (fd !== -1) {
        const { object } = openDescription(call, fd);
        if (!(object instanceof SignalFile)) throw new LinuxError("EINVAL");
        object.mask = mask;
        object.waiters.wake();
        return fd;
      }
      const file = new SignalFile(
        call.kernel.allocateInode(),
        mask,
        call.process,
        call.guest.model,
      );
      const description = new FileDescription(file, O_RDWR | (flags & O_NONBLOCK));
      return install(call, description, (flags & O_CLOEXEC) !== 0);
    },
  ),
];
