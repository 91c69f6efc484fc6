/**
 * Sending and receiving messages, with passed descriptors.
 * @see send(2), recv(2), cmsg(3), unix(7) "Ancillary messages"
 */
import { signals } from "../constants/signals.ts";
import { LinuxError } from "../errno.ts";
import type { FileDescription } from "../files/description.ts";
import type { UnixSocket } from "../files/unix-socket.ts";
import { struct } from "../layout/struct.ts";
import { concatenate } from "../memory/guest-memory.ts";
import { signalThread } from "../signals/send.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import {
  encodeAddress,
  findSocket,
  readAddress,
  socketOf,
  writeAddress,
} from "./socket-support.ts";
import { install, isWouldBlock } from "./support.ts";
import type { Outcome, SystemCall } from "./system-call.ts";
import type { Segment } from "./transfer.ts";
import { oneSegment, readSegments } from "./transfer.ts";

const messageFlags = {
  MSG_PEEK: 0x2,
  MSG_CTRUNC: 0x8,
  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,
  MSG_EOR: 0x80,
  MSG_WAITALL: 0x100,
  MSG_NOSIGNAL: 0x4000,
  MSG_CMSG_CLOEXEC: 0x4000_0000,
} as const;

const msghdr = struct({
  name: "pointer",
  nameBytes: "u32",
  vector: "pointer",
  count: "word",
  control: "pointer",
  controlBytes: "word",
  flags: "u32",
});
const cmsghdr = struct({ length: "word", level: "i32", type: "i32" });
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
// What Linux allows in one message.
const MAX_PASSED = 253;
const MAX_MESSAGE_BYTES = 1 << 20;

interface Sending {
  readonly segments: readonly Segment[];
  readonly target: UnixSocket | undefined;
  readonly descriptions: readonly FileDescription[];
  readonly flags: number;
}

function gather(call: SystemCall, segments: readonly Segment[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (const { address, length } of segments) {
    const count = Math.min(length, MAX_MESSAGE_BYTES - total);
    if (count === 0) continue;
    parts.push(call.guest.read(address, count));
    total += count;
  }
  return concatenate(parts, total);
}

function send(call: SystemCall, fd: number, sending: Sending): Outcome {
  const { object: socket, description } = socketOf(call, fd);
  if (sending.target !== undefined && socket.type !== "datagram" && socket.peer !== undefined) {
    throw new LinuxError("EISCONN");
  }
  const bytes = gather(call, sending.segments);
  const progress = call.memo(() => ({ done: 0 }));
  const isNonBlocking =
    description.nonBlocking || (sending.flags & messageFlags.MSG_DONTWAIT) !== 0;
  try {
    for (;;) {
      const passed = progress.done === 0 ? sending.descriptions : [];
      progress.done += socket.send(bytes.subarray(progress.done), passed, sending.target);
      if (progress.done >= bytes.length) return progress.done;
    }
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    if (error.code === "EPIPE" && (sending.flags & messageFlags.MSG_NOSIGNAL) === 0) {
      signalThread(call.thread, { kind: "plain", signal: signals.SIGPIPE, code: 0 });
    }
    const isPartial = progress.done > 0;
    if (isPartial && (!isWouldBlock(error) || isNonBlocking)) return progress.done;
    if (!isWouldBlock(error) || isNonBlocking) throw error;
    const receiver = sending.target ?? socket.peer;
    return call.block({
      on: [socket.waiters, ...(receiver === undefined ? [] : [receiver.waiters])],
      interruption: isPartial ? progress.done : "restart",
    });
  }
}

interface Received {
  readonly count: number;
  readonly length: number;
  readonly from: Uint8Array;
  readonly descriptions: readonly FileDescription[];
}

function receive(
  call: SystemCall,
  fd: number,
  segments: readonly Segment[],
  flags: number,
  finish: (received: Received, isStream: boolean) => number,
): Outcome {
  const { object: socket, description } = socketOf(call, fd);
  const wanted = segments.reduce((sum, { length }) => sum + length, 0);
  const buffer = new Uint8Array(Math.min(wanted, MAX_MESSAGE_BYTES));
  const isNonBlocking = description.nonBlocking || (flags & messageFlags.MSG_DONTWAIT) !== 0;
  const progress = call.memo(() => ({ done: 0 }));
  const waitsForAll =
    socket.type === "stream" &&
    (flags & messageFlags.MSG_WAITALL) !== 0 &&
    (flags & messageFlags.MSG_PEEK) === 0;
  try {
    const rest = buffer.subarray(0, buffer.length - progress.done);
    const { count, length, message } = socket.receive(rest, (flags & messageFlags.MSG_PEEK) !== 0);
    scatter(call, segments, progress.done, rest.subarray(0, count));
    progress.done += count;
    if (waitsForAll && count > 0 && progress.done < buffer.length && !isNonBlocking) {
      return call.block({ on: [socket.waiters], interruption: progress.done });
    }
    return finish(
      {
        count: progress.done,
        length: Math.max(length, progress.done),
        from: message?.from ?? new Uint8Array(0),
        descriptions: message?.descriptions ?? [],
      },
      socket.type === "stream",
    );
  } catch (error) {
    if (!isWouldBlock(error)) throw error;
    if (isNonBlocking) {
      if (progress.done > 0) return progress.done;
      throw error;
    }
    return call.block({
      on: [socket.waiters],
      interruption: progress.done > 0 ? progress.done : "restart",
    });
  }
}

function scatter(
  call: SystemCall,
  segments: readonly Segment[],
  offset: number,
  bytes: Uint8Array,
): void {
  let skip = offset;
  let done = 0;
  for (const { address, length } of segments) {
    const from = Math.min(skip, length);
    skip -= from;
    const part = bytes.subarray(done, done + length - from);
    call.guest.write(address + from, part);
    done += part.length;
  }
}

function passedDescriptions(call: SystemCall, address: number, length: number): FileDescription[] {
  const { model } = call.guest;
  if (length > 65536) throw new LinuxError("ENOBUFS");
  const bytes = length === 0 ? new Uint8Array(0) : call.guest.read(address, length);
  const headerBytes = cmsghdr.sizeOf(model);
  const found: FileDescription[] = [];
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const header = cmsghdr.decode(model, bytes.subarray(at));
    if (header.length < headerBytes || at + header.length > bytes.length) {
      throw new LinuxError("EINVAL");
    }
    if (header.level === SOL_SOCKET && header.type === SCM_RIGHTS) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at + headerBytes);
      const count = Math.floor((header.length - headerBytes) / 4);
      for (let index = 0; index < count; index += 1) {
        found.push(call.thread.files.get(view.getInt32(4 * index, model.littleEndian)));
      }
    }
    at += Math.ceil(header.length / model.wordBytes) * model.wordBytes;
  }
  if (found.length > MAX_PASSED) throw new LinuxError("EINVAL");
  return found;
}

/** Installs received descriptors; gives the control bytes, and whether some did not fit. */
function installPassed(
  call: SystemCall,
  descriptions: readonly FileDescription[],
  room: number,
  closeOnExec: boolean,
): { bytes: Uint8Array; isCut: boolean } {
  const { model } = call.guest;
  const headerBytes = cmsghdr.sizeOf(model);
  const fitting = Math.max(0, Math.floor((room - headerBytes) / 4));
  const fds: number[] = [];
  for (const description of descriptions.slice(0, fitting)) {
    try {
      fds.push(install(call, description, closeOnExec));
    } catch {
      break;
    }
  }
  const isCut = fds.length < descriptions.length;
  if (fds.length === 0) return { bytes: new Uint8Array(0), isCut };
  const length = headerBytes + 4 * fds.length;
  const bytes = new Uint8Array(Math.ceil(length / model.wordBytes) * model.wordBytes);
  bytes.set(cmsghdr.encode(model, { length, level: SOL_SOCKET, type: SCM_RIGHTS }));
  const view = new DataView(bytes.buffer, headerBytes);
  for (const [index, fd] of fds.entries()) view.setInt32(4 * index, fd, model.littleEndian);
  return { bytes: bytes.subarray(0, room), isCut };
}

function recvmsg(call: SystemCall, fd: number, address: number, flags: number): Outcome {
  const { guest } = call;
  const header = guest.readStruct(msghdr, address);
  const segments = readSegments(call, header.vector, header.count);
  const field = (name: keyof typeof msghdr.members): number =>
    address + msghdr.offsetOf(guest.model, name);
  // The descriptors must outlive the message, which drops them when it leaves the queue.
  const { object: socket } = socketOf(call, fd);
  const held = socket.peekDescriptions().map((description) => description.retain());
  try {
    return receive(call, fd, segments, flags, (received, isStream) => {
      let resultFlags = 0;
      if (header.name !== 0) {
        const from = encodeAddress(call, received.from).subarray(0, header.nameBytes);
        const isNamed = received.from.length > 0;
        if (isNamed) guest.write(header.name, from);
        guest.writeU32(field("nameBytes"), isNamed ? from.length : 0);
      }
      const passed = installPassed(
        call,
        received.descriptions,
        header.control === 0 ? 0 : header.controlBytes,
        (flags & messageFlags.MSG_CMSG_CLOEXEC) !== 0,
      );
      if (passed.bytes.length > 0) guest.write(header.control, passed.bytes);
      guest.writeWord(field("controlBytes"), passed.bytes.length);
      if (passed.isCut) resultFlags |= messageFlags.MSG_CTRUNC;
      if (!isStream && received.length > received.count) resultFlags |= messageFlags.MSG_TRUNC;
      guest.writeU32(field("flags"), resultFlags);
      const wantsLength = !isStream && (flags & messageFlags.MSG_TRUNC) !== 0;
      return wantsLength ? received.length : received.count;
    });
  } finally {
    for (const description of held) description.release();
  }
}

const flags = kind.flags(messageFlags);

/** The rows of this family. */
export const messageCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "sendto",
    {
      fd: kind.fd,
      buffer: kind.bytesIn("count"),
      count: kind.size,
      flags,
      address: kind.pointer,
      length: kind.uint,
    },
    (call, args) =>
      send(call, args.fd, {
        segments: oneSegment(args.buffer, args.count),
        target:
          args.address === 0
            ? undefined
            : findSocket(call, readAddress(call, args.address, args.length)),
        descriptions: [],
        flags: args.flags,
      }),
  ),
  systemCall(
    "recvfrom",
    {
      fd: kind.fd,
      buffer: kind.bytesOut,
      count: kind.size,
      flags,
      address: kind.pointer,
      length: kind.pointer,
    },
    (call, args) =>
      receive(
        call,
        args.fd,
        oneSegment(args.buffer, args.count),
        args.flags,
        (received, isStream) => {
          if (args.address !== 0) {
            if (received.from.length > 0) {
              writeAddress(call, args.address, args.length, received.from);
            } else call.guest.writeU32(args.length, 0);
          }
          const wantsLength = !isStream && (args.flags & messageFlags.MSG_TRUNC) !== 0;
          return wantsLength ? received.length : received.count;
        },
      ),
  ),
  systemCall(
    "sendmsg",
    { fd: kind.fd, message: kind.pointer, flags },
    (call, args) => {
      const header = call.guest.readStruct(msghdr, args.message);
      return send(call, args.fd, {
        segments: readSegments(call, header.vector, header.count),
        target:
          header.name === 0 || header.nameBytes === 0
            ? undefined
            : findSocket(call, readAddress(call, header.name, header.nameBytes)),
        descriptions: passedDescriptions(call, header.control, header.controlBytes),
        flags: args.flags,
      });
    },
    { support: "partial", note: "SCM_RIGHTS is the only control message." },
  ),
  systemCall(
    "recvmsg",
    { fd: kind.fd, message: kind.pointer, flags },
    (call, args) => recvmsg(call, args.fd, args.message, args.flags),
    { support: "partial", note: "As sendmsg." },
  ),
];
