/**
 * Reading, writing and seeking.
 * @see read(2), write(2), readv(2), pread(2), lseek(2)
 */
import { seekWhence } from "../constants/files.ts";
import { LinuxError } from "../errno.ts";
import type { FileDescription } from "../files/description.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { openDescription, openInode, storedInode } from "./support.ts";
import type { Outcome, SystemCall } from "./system-call.ts";
import type { Segment } from "./transfer.ts";
import { oneSegment, readSegments, readTransfer, writeTransfer } from "./transfer.ts";

const vector = { fd: kind.fd, vector: kind.pointer, count: kind.int };
const positioned = { ...vector, position: kind.offset };

const RWF_NOWAIT = 0x8;
const RWF_APPEND = 0x10;
const RWF_KNOWN = 0x1f;

function seekable(call: SystemCall, fd: number, position: number): FileDescription {
  const description = openDescription(call, fd);
  if (position < 0) throw new LinuxError("EINVAL");
  if (!description.object.seekable) throw new LinuxError("ESPIPE");
  return description;
}

// preadv2 and pwritev2 pass the offset in two registers on every port; -1 means the file's own.
function vectorCall(
  call: SystemCall,
  args: { fd: number; low: number; high: number; flags: number },
  run: (description: FileDescription, position: number | undefined) => Outcome,
): Outcome {
  if ((args.flags & ~RWF_KNOWN) !== 0) throw new LinuxError("EOPNOTSUPP");
  if ((args.flags & RWF_APPEND) !== 0) throw new LinuxError("EOPNOTSUPP");
  const is32 = call.guest.model.wordBytes === 4;
  const position = is32 ? args.high * 2 ** 32 + args.low : args.low;
  const isOwn = is32
    ? args.low === 0xffff_ffff && args.high === 0xffff_ffff
    : args.low >= 2 ** 64 - 1;
  if (isOwn) return run(openDescription(call, args.fd), undefined);
  return run(seekable(call, args.fd, position), position);
}

function seek(call: SystemCall, fd: number, offset: number, whence: number): number {
  const description = openDescription(call, fd);
  const { object } = description;
  if (!object.seekable) throw new LinuxError("ESPIPE");
  const { file } = object;
  let position: number;
  switch (whence) {
    case seekWhence.SEEK_SET:
      position = offset;
      break;
    case seekWhence.SEEK_CUR:
      position = description.position + offset;
      break;
    case seekWhence.SEEK_END:
      position = (file?.size() ?? 0) + offset;
      break;
    case seekWhence.SEEK_DATA:
    case seekWhence.SEEK_HOLE:
      if (file === undefined || offset < 0) throw new LinuxError("ENXIO");
      position = file.seekExtent(offset, whence === seekWhence.SEEK_DATA ? "data" : "hole");
      break;
    default:
      throw new LinuxError("EINVAL");
  }
  if (position < 0) throw new LinuxError("EINVAL");
  if (position > Number.MAX_SAFE_INTEGER) throw new LinuxError("EOVERFLOW");
  description.position = position;
  return position;
}

const segmentsOf = (call: SystemCall, args: { vector: number; count: number }): Segment[] =>
  readSegments(call, args.vector, args.count);

/** The rows of this family. */
export const fileIoCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "read",
    { fd: kind.fd, buffer: kind.bytesOut, count: kind.size },
    (call, { fd, buffer, count }) =>
      readTransfer(call, openDescription(call, fd), oneSegment(buffer, count)),
  ),
  systemCall(
    "write",
    { fd: kind.fd, buffer: kind.bytesIn("count"), count: kind.size },
    (call, { fd, buffer, count }) =>
      writeTransfer(call, openDescription(call, fd), oneSegment(buffer, count)),
  ),
  systemCall("readv", vector, (call, args) =>
    readTransfer(call, openDescription(call, args.fd), segmentsOf(call, args)),
  ),
  systemCall("writev", vector, (call, args) =>
    writeTransfer(call, openDescription(call, args.fd), segmentsOf(call, args)),
  ),
  systemCall(
    "pread64",
    { fd: kind.fd, buffer: kind.bytesOut, count: kind.size, position: kind.offset },
    (call, { fd, buffer, count, position }) =>
      readTransfer(call, seekable(call, fd, position), oneSegment(buffer, count), position),
  ),
  systemCall(
    "pwrite64",
    { fd: kind.fd, buffer: kind.bytesIn("count"), count: kind.size, position: kind.offset },
    (call, { fd, buffer, count, position }) =>
      writeTransfer(call, seekable(call, fd, position), oneSegment(buffer, count), position),
  ),
  systemCall("preadv", positioned, (call, args) =>
    readTransfer(
      call,
      seekable(call, args.fd, args.position),
      segmentsOf(call, args),
      args.position,
    ),
  ),
  systemCall("pwritev", positioned, (call, args) =>
    writeTransfer(
      call,
      seekable(call, args.fd, args.position),
      segmentsOf(call, args),
      args.position,
    ),
  ),
  systemCall(
    "preadv2",
    { ...vector, low: kind.size, high: kind.size, flags: kind.hexUint },
    (call, args) =>
      vectorCall(call, args, (description, position) =>
        readTransfer(
          call,
          description,
          segmentsOf(call, args),
          position,
          (args.flags & RWF_NOWAIT) !== 0,
        ),
      ),
  ),
  systemCall(
    "pwritev2",
    { ...vector, low: kind.size, high: kind.size, flags: kind.hexUint },
    (call, args) =>
      vectorCall(call, args, (description, position) =>
        writeTransfer(call, description, segmentsOf(call, args), position, {
          noWait: (args.flags & RWF_NOWAIT) !== 0,
        }),
      ),
    { support: "partial", note: "RWF_APPEND is refused." },
  ),
  systemCall(
    "lseek",
    { fd: kind.fd, offset: kind.long, whence: kind.choice(seekWhence) },
    (call, { fd, offset, whence }) => seek(call, fd, offset, whence),
  ),
  systemCall(
    "llseek",
    {
      fd: kind.fd,
      high: kind.uint,
      low: kind.uint,
      result: kind.pointer,
      whence: kind.choice(seekWhence),
    },
    (call, { fd, high, low, result, whence }) => {
      const position = seek(call, fd, (high | 0) * 2 ** 32 + low, whence);
      call.guest.writeU64(result, BigInt(position));
      return 0;
    },
    { note: "32-bit guests only." },
  ),
  systemCall("ftruncate", { fd: kind.fd, length: kind.offset }, (call, { fd, length }) => {
    if (length < 0) throw new LinuxError("EINVAL");
    const { description, file } = openInode(call, fd);
    if (!description.writable) throw new LinuxError("EINVAL");
    const inode = storedInode(description.object);
    if (inode === undefined) throw new LinuxError("EINVAL");
    const before = file.size();
    file.truncate(length);
    const start = Math.min(before, length);
    call.kernel.pageSources.afterWrite(inode, start, Math.abs(before - length));
    return 0;
  }),
];
