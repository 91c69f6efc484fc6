/**
 * Moving bytes between guest memory and file objects: what all reads and writes have in common.
 * @see read(2), write(2), readv(2), pipe(7)
 */

import { IOV_MAX, MAX_TRANSFER_BYTES, openFlags } from "../constants/files.ts";
import { signals } from "../constants/signals.ts";
import { LinuxError } from "../errno.ts";
import type { FileDescription } from "../files/description.ts";
import { struct } from "../layout/struct.ts";
import { resources, softLimit } from "../process/resource-limits.ts";
import { signalThread } from "../signals/send.ts";
import { isWouldBlock, storedInode } from "./support.ts";
import type { Outcome, SystemCall } from "./system-call.ts";

/** A piece of guest memory that bytes go to or come from. */
export interface Segment {
  readonly address: number;
  readonly length: number;
}

const iovec = struct({ base: "pointer", length: "word" });
// Large transfers go piece by piece, so that a guest's wish never makes the host allocate as much.
const CHUNK_BYTES = 256 << 10;

/** Reads an array of `struct iovec`. @throws LinuxError EINVAL. */
export function readSegments(call: SystemCall, address: number, count: number): Segment[] {
  if (count < 0 || count > IOV_MAX) throw new LinuxError("EINVAL");
  const { guest } = call;
  const size = iovec.sizeOf(guest.model);
  const bytes = guest.read(address, count * size);
  const segments: Segment[] = [];
  const most = guest.model.wordBytes === 8 ? 2 ** 63 : 2 ** 31;
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    const { base, length } = iovec.decode(guest.model, bytes.subarray(index * size));
    if (length >= most) throw new LinuxError("EINVAL");
    total += length;
    segments.push({ address: base, length });
  }
  if (total >= most) throw new LinuxError("EINVAL");
  return segments;
}

/** One piece of memory as a list of segments. */
export function oneSegment(address: number, length: number): Segment[] {
  return [{ address, length }];
}

/** Reads into guest memory; without `position`, from the description's, which moves on. */
export function readTransfer(
  call: SystemCall,
  description: FileDescription,
  segments: readonly Segment[],
  position?: number,
  noWait = false,
): Outcome {
  if (!description.readable) throw new LinuxError("EBADF");
  const { object } = description;
  const inode = storedInode(object);
  if (inode !== undefined) call.kernel.pageSources.beforeRead(inode);
  const window = new Window(call, segments, "write");
  let done = 0;
  try {
    for (;;) {
      const buffer = new Uint8Array(Math.min(window.length - done, CHUNK_BYTES));
      const at = (position ?? description.position) + (position === undefined ? 0 : done);
      const count = object.read(buffer, {
        position: at,
        append: false,
        nonBlocking: description.nonBlocking,
        task: call.thread,
      });
      window.put(done, buffer.subarray(0, count));
      done += count;
      if (position === undefined && object.seekable) description.position += count;
      // Only stored files are read to the full length; others give what there is.
      if (inode === undefined || count < buffer.length || done >= window.length) return done;
    }
  } catch (error) {
    if (!isWouldBlock(error)) {
      if (done > 0 && error instanceof LinuxError) return done;
      throw error;
    }
    if (done > 0) return done;
    if (description.nonBlocking || noWait) throw error;
    return call.block({ on: [object.waiters], interruption: "restart" });
  }
}

/** Writes from guest memory; without `position`, at the description's, which moves on. */
export function writeTransfer(
  call: SystemCall,
  description: FileDescription,
  segments: readonly Segment[],
  position?: number,
  options: { noWait?: boolean; noSignal?: boolean } = {},
): Outcome {
  if (!description.writable) throw new LinuxError("EBADF");
  const { object } = description;
  const inode = storedInode(object);
  const append = (description.flags & openFlags.O_APPEND) !== 0;
  const progress = call.memo(() => ({ done: 0 }));
  const window = new Window(call, segments, "read");
  const length =
    inode === undefined ? window.length : withinLimit(call, description, window.length, position);
  try {
    for (;;) {
      const bytes = window.get(progress.done, Math.min(length - progress.done, CHUNK_BYTES));
      const at = position === undefined ? description.position : position + progress.done;
      const count = object.write(bytes, {
        position: at,
        append,
        nonBlocking: description.nonBlocking,
        task: call.thread,
      });
      progress.done += count;
      if (inode !== undefined) {
        const end = append ? (object.file?.size() ?? 0) : at + count;
        call.kernel.pageSources.afterWrite(inode, end - count, count);
        if (position === undefined) description.position = end;
      }
      if (progress.done >= length) return progress.done;
      if (count === 0) return progress.done;
    }
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    if (error.code === "EPIPE" && options.noSignal !== true) {
      signalThread(call.thread, {
        kind: "sender",
        signal: signals.SIGPIPE,
        code: 0,
        pid: call.process.pid,
        uid: call.process.identity.uid,
      });
    }
    if (error.code !== "EAGAIN") {
      if (progress.done > 0) return progress.done;
      throw error;
    }
    if (description.nonBlocking || options.noWait === true) {
      if (progress.done > 0) return progress.done;
      throw error;
    }
    return call.block({
      on: [object.waiters],
      interruption: progress.done > 0 ? progress.done : "restart",
    });
  }
}

// RLIMIT_FSIZE: what can be written before the file gets too long.
function withinLimit(
  call: SystemCall,
  description: FileDescription,
  length: number,
  position: number | undefined,
): number {
  const limit = softLimit(call.process.limits, resources.RLIMIT_FSIZE);
  if (limit === Number.POSITIVE_INFINITY || length === 0) return length;
  const start = position ?? description.position;
  if (start < limit) return Math.min(length, limit - start);
  signalThread(call.thread, { kind: "plain", signal: signals.SIGXFSZ, code: 0 });
  throw new LinuxError("EFBIG");
}

/** Several pieces of guest memory as one. Its length ends where access does. */
class Window {
  readonly length: number;
  readonly #call: SystemCall;
  readonly #segments: Segment[] = [];

  constructor(call: SystemCall, segments: readonly Segment[], access: "read" | "write") {
    this.#call = call;
    let total = 0;
    for (const { address, length } of segments) {
      const wanted = Math.min(length, MAX_TRANSFER_BYTES - total);
      if (wanted === 0) continue;
      let usable: number;
      try {
        usable = call.guest.accessible(address, wanted, access);
      } catch (error) {
        if (total > 0) break;
        throw error;
      }
      this.#segments.push({ address, length: usable });
      total += usable;
      if (usable < wanted) break;
    }
    this.length = total;
  }

  put(offset: number, bytes: Uint8Array): void {
    let done = 0;
    for (const part of this.#parts(offset, bytes.length)) {
      this.#call.guest.write(part.address, bytes.subarray(done, done + part.length));
      done += part.length;
    }
  }

  get(offset: number, length: number): Uint8Array {
    const [first, ...rest] = this.#parts(offset, length);
    if (first === undefined) return new Uint8Array(0);
    if (rest.length === 0) return this.#call.guest.read(first.address, first.length);
    const bytes = new Uint8Array(length);
    let done = 0;
    for (const part of [first, ...rest]) {
      bytes.set(this.#call.guest.read(part.address, part.length), done);
      done += part.length;
    }
    return bytes;
  }

  *#parts(offset: number, length: number): Iterable<Segment> {
    let skip = offset;
    let left = length;
    for (const { address, length: size } of this.#segments) {
      if (left === 0) return;
      if (skip >= size) {
        skip -= size;
        continue;
      }
      const count = Math.min(size - skip, left);
      yield { address: address + skip, length: count };
      skip = 0;
      left -= count;
    }
  }
}
