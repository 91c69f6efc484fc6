/**
 * Copying from descriptor to descriptor without a detour through guest memory.
 * @see sendfile(2), copy_file_range(2), splice(2)
 */
import { openFlags } from "../constants/files.ts";
import { LinuxError } from "../errno.ts";
import type { FileDescription } from "../files/description.ts";
import { PipeEnd } from "../files/pipe.ts";
import { wouldBlock } from "../files/would-block.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { isWouldBlock, openDescription, storedInode } from "./support.ts";
import type { Outcome, SystemCall } from "./system-call.ts";

const CHUNK_BYTES = 128 << 10;
const MAX_BYTES = 0x7fff_f000;
const SPLICE_F_NONBLOCK = 2;

/** One side of a copy: a description, and a position of the caller's own, if given. */
interface Side {
  readonly description: FileDescription;
  /** Address of the caller's position; 0 uses the description's. */
  readonly positionAddress: number;
}

/**
 * Copies up to `count` bytes. Nothing is taken from the source before the target has room, so a
 * copy that must wait loses nothing.
 */
function copy(
  call: SystemCall,
  from: Side,
  to: Side,
  count: number,
  isNonBlocking: boolean,
): Outcome {
  if (!from.description.readable || !to.description.writable) throw new LinuxError("EBADF");
  const source = from.description.object;
  const target = to.description.object;
  const sourceInode = storedInode(source);
  if (sourceInode !== undefined) call.kernel.pageSources.beforeRead(sourceInode);
  const read = position(call, from);
  const write = position(call, to);
  const limit = Math.min(count, MAX_BYTES);
  const { done } = call.memo(() => ({ done: { bytes: 0 } }));
  let waitsOn = source;
  try {
    while (done.bytes < limit) {
      const buffer = new Uint8Array(Math.min(limit - done.bytes, CHUNK_BYTES));
      waitsOn = source;
      const available = fetch(call, source, buffer, read.value);
      if (available === 0) break;
      waitsOn = target;
      const written = target.write(buffer.subarray(0, available), {
        position: write.value,
        append: (to.description.flags & openFlags.O_APPEND) !== 0,
        nonBlocking: isNonBlocking,
        task: call.thread,
      });
      if (source instanceof PipeEnd) consume(source, written);
      const targetInode = storedInode(target);
      if (targetInode !== undefined) {
        call.kernel.pageSources.afterWrite(targetInode, write.value, written);
      }
      read.value += written;
      write.value += written;
      done.bytes += written;
    }
  } catch (error) {
    read.store();
    write.store();
    if (!isWouldBlock(error)) {
      if (done.bytes > 0 && error instanceof LinuxError) return done.bytes;
      throw error;
    }
    // Like splice(2): what could be moved is enough.
    if (done.bytes > 0) return done.bytes;
    if (isNonBlocking) throw error;
    return call.block({ on: [waitsOn.waiters], interruption: "restart" });
  }
  read.store();
  write.store();
  return done.bytes;
}

function fetch(
  call: SystemCall,
  source: FileDescription["object"],
  buffer: Uint8Array,
  at: number,
): number {
  if (source instanceof PipeEnd) {
    const { pipe } = source;
    if (pipe.queue.length === 0) {
      if (pipe.writers === 0) return 0;
      throw wouldBlock;
    }
    return pipe.queue.peek(buffer);
  }
  return source.read(buffer, {
    position: at,
    append: false,
    nonBlocking: true,
    task: call.thread,
  });
}

function consume(source: PipeEnd, count: number): void {
  source.pipe.queue.take(new Uint8Array(count));
  source.pipe.waiters.wake();
}

function position(call: SystemCall, side: Side): { value: number; store: () => void } {
  const { description, positionAddress } = side;
  if (positionAddress !== 0) {
    if (!description.object.seekable) throw new LinuxError("ESPIPE");
    const value = Number(BigInt.asIntN(64, call.guest.readU64(positionAddress)));
    if (value < 0) throw new LinuxError("EINVAL");
    const state = {
      value,
      store: () => call.guest.writeU64(positionAddress, BigInt(state.value)),
    };
    return state;
  }
  const state = {
    value: description.object.seekable ? description.position : 0,
    store: () => {
      if (description.object.seekable) description.position = state.value;
    },
  };
  return state;
}

/** The rows of this family. */
export const copyCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "sendfile",
    { to: kind.fd, from: kind.fd, position: kind.pointer, count: kind.size },
    (call, args) => {
      const source = openDescription(call, args.from);
      const target = openDescription(call, args.to);
      if (storedInode(source.object) === undefined) throw new LinuxError("EINVAL");
      return copy(
        call,
        { description: source, positionAddress: args.position },
        { description: target, positionAddress: 0 },
        args.count,
        target.nonBlocking,
      );
    },
    { support: "partial", note: "From regular files only." },
  ),
  systemCall(
    "copy_file_range",
    {
      from: kind.fd,
      fromPosition: kind.pointer,
      to: kind.fd,
      toPosition: kind.pointer,
      length: kind.size,
      flags: kind.hexUint,
    },
    (call, args) => {
      if (args.flags !== 0) throw new LinuxError("EINVAL");
      const source = openDescription(call, args.from);
      const target = openDescription(call, args.to);
      const sourceInode = storedInode(source.object);
      const targetInode = storedInode(target.object);
      if (sourceInode === undefined || targetInode === undefined) throw new LinuxError("EINVAL");
      if ((target.flags & openFlags.O_APPEND) !== 0) throw new LinuxError("EBADF");
      if (sourceInode === targetInode) {
        const start = position(call, { description: source, positionAddress: args.fromPosition });
        const goal = position(call, { description: target, positionAddress: args.toPosition });
        if (Math.abs(start.value - goal.value) < args.length) throw new LinuxError("EINVAL");
      }
      return copy(
        call,
        { description: source, positionAddress: args.fromPosition },
        { description: target, positionAddress: args.toPosition },
        args.length,
        false,
      );
    },
  ),
  systemCall(
    "splice",
    {
      from: kind.fd,
      fromPosition: kind.pointer,
      to: kind.fd,
      toPosition: kind.pointer,
      length: kind.size,
      flags: kind.hexUint,
    },
    (call, args) => {
      const source = openDescription(call, args.from);
      const target = openDescription(call, args.to);
      const isFromPipe = source.object instanceof PipeEnd;
      const isToPipe = target.object instanceof PipeEnd;
      if (!isFromPipe && !isToPipe) throw new LinuxError("EINVAL");
      if (!isFromPipe && storedInode(source.object) === undefined) throw new LinuxError("EINVAL");
      if (
        source.object instanceof PipeEnd &&
        target.object instanceof PipeEnd &&
        source.object.pipe === target.object.pipe
      ) {
        throw new LinuxError("EINVAL");
      }
      return copy(
        call,
        { description: source, positionAddress: args.fromPosition },
        { description: target, positionAddress: args.toPosition },
        args.length,
        (args.flags & SPLICE_F_NONBLOCK) !== 0 || source.nonBlocking || target.nonBlocking,
      );
    },
    { support: "partial", note: "Between pipes and regular files." },
  ),
];
