/**
 * Descriptor control: fcntl, flock, ioctl.
 * @see fcntl(2), flock(2), ioctl(2)
 */
import { fcntlCommands as command, openFlags, seekWhence } from "../constants/files.ts";
import { LinuxError } from "../errno.ts";
import type { FileDescription } from "../files/description.ts";
import { SETTABLE_FLAGS } from "../files/description.ts";
import * as request from "../files/ioctl-requests.ts";
import type { RecordLock } from "../files/locks.ts";
import { PipeEnd } from "../files/pipe.ts";
import { struct } from "../layout/struct.ts";
import { resources, softLimit } from "../process/resource-limits.ts";
import type { FormatContext, SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { ioctlArgument, openDescription, openInode } from "./support.ts";
import type { Outcome, SystemCall } from "./system-call.ts";

const FD_CLOEXEC = 1;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

// Off_t is 64 bits wide in all the forms that are left: 32-bit ports have fcntl64 only.
const flockStruct = struct({ type: "i16", whence: "i16", start: "i64", length: "i64", pid: "i32" });
// F_GETLK and relatives keep 32-bit offsets on 32-bit guests.
const flockStruct32 = struct({
  type: "i16",
  whence: "i16",
  start: "i32",
  length: "i32",
  pid: "i32",
});

interface FlockRequest {
  readonly type: number;
  readonly range: { start: number; end: number };
}

function readFlock(
  call: SystemCall,
  description: FileDescription,
  address: number,
  isWide: boolean,
): FlockRequest {
  const { guest } = call;
  const raw = isWide
    ? guest.readStruct(flockStruct, address)
    : guest.readStruct(flockStruct32, address);
  const start = Number(raw.start) + origin(description, raw.whence);
  const length = Number(raw.length);
  if (![F_RDLCK, F_WRLCK, F_UNLCK].includes(raw.type)) throw new LinuxError("EINVAL");
  if (start < 0) throw new LinuxError("EINVAL");
  if (length === 0) return { type: raw.type, range: { start, end: Number.POSITIVE_INFINITY } };
  if (length > 0) return { type: raw.type, range: { start, end: start + length } };
  if (start + length < 0) throw new LinuxError("EINVAL");
  return { type: raw.type, range: { start: start + length, end: start } };
}

function origin(description: FileDescription, whence: number): number {
  if (whence === seekWhence.SEEK_SET) return 0;
  if (whence === seekWhence.SEEK_CUR) return description.position;
  if (whence === seekWhence.SEEK_END) return description.object.file?.size() ?? 0;
  throw new LinuxError("EINVAL");
}

function recordLock(call: SystemCall, fd: number, code: number, address: number): Outcome {
  const { description, file } = openInode(call, fd);
  const { inode } = file;
  const { locks } = call.kernel;
  const isWide = call.guest.model.wordBytes === 8 || code >= command.F_GETLK64;
  const isOfDescription = code >= command.F_OFD_GETLK;
  const { type, range } = readFlock(call, description, address, isWide);
  const lock: RecordLock = {
    owner: isOfDescription ? description : call.process,
    pid: isOfDescription ? -1 : call.process.pid,
    isExclusive: type === F_WRLCK,
    ...range,
  };
  if (code === command.F_GETLK || code === command.F_GETLK64 || code === command.F_OFD_GETLK) {
    if (type === F_UNLCK) throw new LinuxError("EINVAL");
    reportConflict(call, address, locks.conflict(inode, lock), isWide);
    return 0;
  }
  if (type === F_UNLCK) {
    locks.unlock(inode, lock.owner, lock.start, lock.end);
    return 0;
  }
  if (lock.isExclusive ? !description.writable : !description.readable) {
    throw new LinuxError("EBADF");
  }
  if (locks.conflict(inode, lock) === undefined) {
    locks.lock(inode, lock);
    if (isOfDescription) {
      description.closing.add(() => locks.releaseProcess(description, inode));
    }
    return 0;
  }
  const waits =
    code === command.F_SETLKW || code === command.F_SETLKW64 || code === command.F_OFD_SETLKW;
  if (!waits) throw new LinuxError("EAGAIN");
  return call.block({ on: [locks.waiters(inode)], interruption: "restart" });
}

function reportConflict(
  call: SystemCall,
  address: number,
  lock: RecordLock | undefined,
  isWide: boolean,
): void {
  const { guest } = call;
  const type = isWide ? flockStruct : flockStruct32;
  if (lock === undefined) {
    const bytes = guest.read(address, type.sizeOf(guest.model));
    new DataView(bytes.buffer).setInt16(0, F_UNLCK, guest.model.littleEndian);
    guest.write(address, bytes);
    return;
  }
  const value = {
    type: lock.isExclusive ? F_WRLCK : F_RDLCK,
    whence: seekWhence.SEEK_SET,
    start: lock.start,
    length: lock.end === Number.POSITIVE_INFINITY ? 0 : lock.end - lock.start,
    pid: lock.pid,
  };
  guest.write(
    address,
    isWide ? flockStruct.encode(guest.model, value) : flockStruct32.encode(guest.model, value),
  );
}

function fcntl(call: SystemCall, fd: number, code: number, argument: bigint): Outcome {
  const { files, process } = call.thread;
  const value = Number(BigInt.asIntN(32, argument));
  const description = files.get(fd);
  switch (code) {
    case command.F_DUPFD:
    case command.F_DUPFD_CLOEXEC: {
      const limit = softLimit(process.limits, resources.RLIMIT_NOFILE);
      if (value < 0 || value >= limit) throw new LinuxError("EINVAL");
      return files.add(description, code === command.F_DUPFD_CLOEXEC, limit, value);
    }
    case command.F_GETFD:
      return files.closeOnExec(fd) ? FD_CLOEXEC : 0;
    case command.F_SETFD:
      files.setCloseOnExec(fd, (value & FD_CLOEXEC) !== 0);
      return 0;
    case command.F_GETFL:
      return description.flags;
    default:
  }
  if (description.isPath) throw new LinuxError("EBADF");
  const { object } = description;
  switch (code) {
    case command.F_SETFL:
      description.flags = (description.flags & ~SETTABLE_FLAGS) | (value & SETTABLE_FLAGS);
      return 0;
    case command.F_GETLK:
    case command.F_SETLK:
    case command.F_SETLKW:
    case command.F_GETLK64:
    case command.F_SETLK64:
    case command.F_SETLKW64:
    case command.F_OFD_GETLK:
    case command.F_OFD_SETLK:
    case command.F_OFD_SETLKW:
      return recordLock(call, fd, code, Number(argument));
    case command.F_GETOWN:
      return description.owner;
    case command.F_SETOWN:
      description.owner = value;
      return 0;
    case command.F_GETSIG:
    case command.F_SETSIG:
      return 0;
    case command.F_GETPIPE_SZ:
      if (!(object instanceof PipeEnd)) throw new LinuxError("EBADF");
      return object.pipe.capacity;
    case command.F_SETPIPE_SZ:
      if (!(object instanceof PipeEnd)) throw new LinuxError("EBADF");
      return object.pipe.resize(value);
    default:
      throw new LinuxError("EINVAL");
  }
}

function ioctl(call: SystemCall, fd: number, code: number, argument: bigint): Outcome {
  const { files } = call.thread;
  const description = openDescription(call, fd);
  switch (code) {
    case request.FIOCLEX:
      files.setCloseOnExec(fd, true);
      return 0;
    case request.FIONCLEX:
      files.setCloseOnExec(fd, false);
      return 0;
    case request.FIONBIO: {
      const isSet = call.guest.readI32(Number(argument)) !== 0;
      description.flags = isSet
        ? description.flags | openFlags.O_NONBLOCK
        : description.flags & ~openFlags.O_NONBLOCK;
      return 0;
    }
    case request.FIONREAD: {
      const { file } = description.object;
      if (file?.inode.kind !== "file") break;
      call.guest.writeU32(Number(argument), Math.max(0, file.size() - description.position));
      return 0;
    }
    default:
  }
  try {
    return description.object.ioctl(code, ioctlArgument(call, argument), call.thread);
  } catch (error) {
    // A background process that changes the terminal is stopped first.
    if (!(error instanceof LinuxError) || error.code !== "EAGAIN") throw error;
    return call.block({ on: [description.object.waiters], interruption: "restart" });
  }
}

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

function flock(call: SystemCall, fd: number, operation: number): Outcome {
  const { description, file } = openInode(call, fd);
  const { locks } = call.kernel;
  const { inode } = file;
  const what = operation & ~LOCK_NB;
  if (what === LOCK_UN) {
    locks.unlockWhole(inode, description);
    return 0;
  }
  if (what !== LOCK_SH && what !== LOCK_EX) throw new LinuxError("EINVAL");
  if (locks.lockWhole(inode, description, what === LOCK_EX)) {
    description.closing.add(() => locks.unlockWhole(inode, description));
    return 0;
  }
  if ((operation & LOCK_NB) !== 0) throw new LinuxError("EAGAIN");
  return call.block({ on: [locks.waiters(inode)], interruption: "restart" });
}

const statusFlagCommands: readonly number[] = [command.F_SETFL];
const withoutArgument: readonly number[] = [
  command.F_GETFD,
  command.F_GETFL,
  command.F_GETOWN,
  command.F_GETSIG,
  command.F_GETPIPE_SZ,
];

/** The rows of this family. */
export const fcntlCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "fcntl",
    {
      fd: kind.fd,
      command: kind.choice(command),
      argument: {
        decode: (raw: bigint) => raw,
        format: (value: bigint, { call }: FormatContext) =>
          statusFlagCommands.includes(Number(call.arguments.command))
            ? kind.openFlagsText(Number(value & 0xffff_ffffn))
            : kind.word.format(value, { call, result: undefined }),
      },
    },
    (call, { fd, command: code, argument }) => fcntl(call, fd, code, argument),
    {
      support: "partial",
      note: "No leases, no dnotify, no SIGIO.",
      shown: (args) => (withoutArgument.includes(args.command) ? 2 : 3),
    },
  ),
  systemCall(
    "flock",
    { fd: kind.fd, operation: kind.flags({ LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN }) },
    (call, { fd, operation }) => flock(call, fd, operation),
  ),
  systemCall(
    "ioctl",
    {
      fd: kind.fd,
      request: {
        decode: (raw: bigint) => Number(BigInt.asUintN(32, raw)),
        format: (value: number) => requestName(value),
      },
      argument: kind.word,
    },
    (call, args) => ioctl(call, args.fd, args.request, args.argument),
    { support: "partial", note: "Terminals, FIONREAD, FIONBIO, FIOCLEX." },
  ),
];

function requestName(code: number): string {
  for (const [name, value] of Object.entries(request)) if (value === code) return name;
  return `0x${code.toString(16)}`;
}
