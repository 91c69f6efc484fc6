/**
 * Waiting for readiness: poll, select, epoll.
 * @see poll(2), select(2), epoll(7)
 */
import { openFlags, pollEvents } from "../constants/files.ts";
import { LinuxError } from "../errno.ts";
import type { FileDescription } from "../files/description.ts";
import { FileDescription as Description } from "../files/description.ts";
import { Epoll, epollFlags } from "../files/epoll.ts";
import { ALWAYS_REPORTED, eventBits } from "../files/readiness-events.ts";
import type { DataModel } from "../layout/struct.ts";
import { struct } from "../layout/struct.ts";
import { readTimespec, timespecOf, timespecStruct } from "../layout/time-structures.ts";
import { resources, softLimit } from "../process/resource-limits.ts";
import { unblockable } from "../signals/signal-set.ts";
import type { FormatContext, SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { checkFlags, install, openDescription } from "./support.ts";
import type { Outcome, SystemCall } from "./system-call.ts";

const SIGSET_BYTES = 8;

/** Blocks other signals while the call waits, as its `sigmask` argument says. */
function temporaryMask(call: SystemCall, address: number, size: number): void {
  if (address === 0) return;
  if (size !== SIGSET_BYTES) throw new LinuxError("EINVAL");
  const mask = call.guest.readU64(address) & ~unblockable;
  call.memo(() => {
    call.thread.maskToRestore = call.thread.mask;
    call.thread.mask = mask;
    return true;
  }, "mask");
}

/** The absolute end of a wait that was given in nanoseconds from now; undefined waits for ever. */
function deadline(call: SystemCall, nanos: number | undefined): number | undefined {
  return call.memo(() => (nanos === undefined ? undefined : call.kernel.now() + nanos), "deadline");
}

function isOver(call: SystemCall, until: number | undefined): boolean {
  return until !== undefined && call.kernel.now() >= until;
}

/** Stores the time left, as the Linux calls do (their POSIX wrappers hide it). */
function storeRest(call: SystemCall, address: number, until: number | undefined): void {
  if (address === 0 || until === undefined) return;
  const left = Math.max(0, until - call.kernel.now());
  try {
    call.guest.writeStruct(timespecStruct, address, timespecOf(Math.min(left, 2 ** 53 - 1)));
  } catch {
    // Read-only timeouts are allowed.
  }
}

const pollfd = struct({ fd: "i32", events: "u16", revents: "u16" });

function ppoll(
  call: SystemCall,
  args: { fds: number; count: number; timeout: number; mask: number; maskBytes: number },
): Outcome {
  const { guest, thread } = call;
  if (args.count > softLimit(call.process.limits, resources.RLIMIT_NOFILE)) {
    throw new LinuxError("EINVAL");
  }
  const until = deadline(call, readTimespec(guest, args.timeout));
  temporaryMask(call, args.mask, args.maskBytes);
  const size = pollfd.sizeOf(guest.model);
  const bytes = guest.read(args.fds, args.count * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const watched: FileDescription[] = [];
  let ready = 0;
  for (let index = 0; index < args.count; index += 1) {
    const { fd, events } = pollfd.decode(guest.model, bytes.subarray(index * size));
    let result = 0;
    if (fd >= 0) {
      const description = thread.files.find(fd);
      if (description === undefined) result = pollEvents.POLLNVAL;
      else {
        result = eventBits(description.object.readiness(thread)) & (events | ALWAYS_REPORTED);
        watched.push(description);
      }
    }
    if (result !== 0) ready += 1;
    view.setUint16(index * size + 6, result, guest.model.littleEndian);
  }
  if (ready > 0 || isOver(call, until)) {
    guest.write(args.fds, bytes);
    storeRest(call, args.timeout, until);
    return ready;
  }
  return call.block({
    on: watched.map(({ object }) => object.waiters),
    untilNanos: until,
    interruption: "interrupt",
    interrupted: () => storeRest(call, args.timeout, until),
  });
}

const READ_SET = eventBits({ readable: true, writable: false, hangup: true, error: true });
const WRITE_SET = eventBits({ readable: false, writable: true, hangup: false, error: true });
const sigmaskArgument = struct({ address: "pointer", size: "word" });

function pselect(
  call: SystemCall,
  args: {
    count: number;
    reads: number;
    writes: number;
    exceptions: number;
    timeout: number;
    mask: number;
  },
): Outcome {
  const { guest, thread } = call;
  if (args.count < 0) throw new LinuxError("EINVAL");
  const limit = softLimit(call.process.limits, resources.RLIMIT_NOFILE);
  const count = Math.min(args.count, limit);
  const until = deadline(call, readTimespec(guest, args.timeout));
  if (args.mask !== 0) {
    const mask = guest.readStruct(sigmaskArgument, args.mask);
    temporaryMask(call, mask.address, mask.size);
  }
  const setBytes = Math.ceil(count / (8 * guest.model.wordBytes)) * guest.model.wordBytes;
  const sets = [args.reads, args.writes, args.exceptions].map((address) => ({
    address,
    wanted: address === 0 ? undefined : guest.read(address, setBytes),
    found: new Uint8Array(setBytes),
  }));
  const masks = [READ_SET, WRITE_SET, pollEvents.POLLPRI];
  const watched = new Set<FileDescription>();
  let ready = 0;
  for (let fd = 0; fd < count; fd += 1) {
    const at = bitPlace(fd, guest.model);
    let events: number | undefined;
    for (const [index, { wanted, found }] of sets.entries()) {
      if (wanted === undefined || ((wanted[at] ?? 0) & (1 << (fd % 8))) === 0) continue;
      if (events === undefined) {
        const description = thread.files.find(fd);
        if (description === undefined) throw new LinuxError("EBADF");
        watched.add(description);
        events = eventBits(description.object.readiness(thread));
      }
      if ((events & (masks[index] ?? 0)) === 0) continue;
      found[at] = (found[at] ?? 0) | (1 << (fd % 8));
      ready += 1;
    }
  }
  if (ready > 0 || isOver(call, until)) {
    for (const { address, found } of sets) if (address !== 0) guest.write(address, found);
    storeRest(call, args.timeout, until);
    return ready;
  }
  return call.block({
    on: [...watched].map(({ object }) => object.waiters),
    untilNanos: until,
    interruption: "interrupt",
    interrupted: () => storeRest(call, args.timeout, until),
  });
}

// Sets are arrays of longs: on big-endian guests the bytes of each lie the other way round.
function bitPlace(fd: number, model: DataModel): number {
  const byte = fd >> 3;
  return model.littleEndian ? byte : byte ^ (model.wordBytes - 1);
}

const EPOLL_CTL = { EPOLL_CTL_ADD: 1, EPOLL_CTL_DEL: 2, EPOLL_CTL_MOD: 3 } as const;
const epollEvent = struct({ events: "u32", data: "u64" });
const MAX_EVENTS = 1 << 16;

function epollOf(call: SystemCall, fd: number): Epoll {
  const { object } = openDescription(call, fd);
  if (!(object instanceof Epoll)) throw new LinuxError("EINVAL");
  return object;
}

function epollControl(
  call: SystemCall,
  args: { epoll: number; operation: number; fd: number; event: number },
): number {
  const epoll = epollOf(call, args.epoll);
  const description = call.thread.files.get(args.fd);
  if (description.object === epoll) throw new LinuxError("EINVAL");
  switch (args.operation) {
    case EPOLL_CTL.EPOLL_CTL_ADD:
      epoll.add(args.fd, description, call.guest.readStruct(epollEvent, args.event));
      return 0;
    case EPOLL_CTL.EPOLL_CTL_MOD:
      epoll.modify(args.fd, description, call.guest.readStruct(epollEvent, args.event));
      return 0;
    case EPOLL_CTL.EPOLL_CTL_DEL:
      if (!epoll.remove(args.fd, description)) throw new LinuxError("ENOENT");
      return 0;
    default:
      throw new LinuxError("EINVAL");
  }
}

function epollWait(
  call: SystemCall,
  args: { epoll: number; events: number; count: number; mask: number; maskBytes: number },
  timeoutNanos: number | undefined,
): Outcome {
  const { guest, thread } = call;
  if (args.count <= 0) throw new LinuxError("EINVAL");
  const epoll = epollOf(call, args.epoll);
  const until = deadline(call, timeoutNanos);
  temporaryMask(call, args.mask, args.maskBytes);
  const size = epollEvent.sizeOf(guest.model);
  const most = Math.min(args.count, MAX_EVENTS);
  const room = Math.floor(guest.accessible(args.events, most * size, "write") / size);
  if (room === 0) throw new LinuxError("EFAULT");
  const taken = epoll.take(room, thread);
  if (taken.length > 0) {
    const bytes = new Uint8Array(taken.length * size);
    for (const [index, event] of taken.entries()) {
      bytes.set(epollEvent.encode(guest.model, event), index * size);
    }
    guest.write(args.events, bytes);
    return taken.length;
  }
  if (isOver(call, until)) return 0;
  return call.block({ on: [epoll.waiters], untilNanos: until, interruption: "interrupt" });
}

const waitArguments = { epoll: kind.fd, events: kind.pointer, count: kind.int };
const maskArguments = { mask: kind.pointer, maskBytes: kind.size };

/** The rows of this family. */
export const pollCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "ppoll",
    { fds: kind.pointer, count: kind.uint, timeout: kind.pointer, ...maskArguments },
    (call, args) => ppoll(call, args),
  ),
  systemCall(
    "pselect6",
    {
      count: kind.int,
      reads: kind.pointer,
      writes: kind.pointer,
      exceptions: kind.pointer,
      timeout: kind.pointer,
      mask: kind.pointer,
    },
    (call, args) => pselect(call, args),
  ),
  systemCall(
    "epoll_create1",
    { flags: kind.flags({ EPOLL_CLOEXEC: openFlags.O_CLOEXEC }) },
    (call, { flags }) => {
      checkFlags(flags, openFlags.O_CLOEXEC);
      const description = new Description(new Epoll(call.kernel.allocateInode()), openFlags.O_RDWR);
      return install(call, description, flags !== 0);
    },
  ),
  systemCall(
    "epoll_ctl",
    {
      epoll: kind.fd,
      operation: kind.choice(EPOLL_CTL),
      fd: kind.fd,
      event: {
        decode: kind.pointer.decode,
        format: (address: number, context: FormatContext) => {
          if (address === 0) return "NULL";
          try {
            const { events, data } = context.call.guest.readStruct(epollEvent, address);
            const { POLLIN, POLLOUT, POLLRDHUP, POLLPRI, POLLERR, POLLHUP } = pollEvents;
            const names = kind.flags({
              EPOLLIN: POLLIN,
              EPOLLPRI: POLLPRI,
              EPOLLOUT: POLLOUT,
              EPOLLERR: POLLERR,
              EPOLLHUP: POLLHUP,
              EPOLLRDHUP: POLLRDHUP,
              ...epollFlags,
            });
            return `{events=${names.format(events, context)}, data=0x${data.toString(16)}}`;
          } catch {
            return kind.pointer.format(address, context);
          }
        },
      },
    },
    (call, args) => epollControl(call, args),
    { support: "partial", note: "EPOLLEXCLUSIVE wakes all; EPOLLWAKEUP is ignored." },
  ),
  systemCall(
    "epoll_pwait",
    { ...waitArguments, timeout: kind.int, ...maskArguments },
    (call, args) => epollWait(call, args, args.timeout < 0 ? undefined : args.timeout * 1_000_000),
  ),
  systemCall(
    "epoll_pwait2",
    { ...waitArguments, timeout: kind.pointer, ...maskArguments },
    (call, args) => epollWait(call, args, readTimespec(call.guest, args.timeout)),
  ),
];
