/**
 * Sockets within the guest (AF_UNIX): stream, datagram, sequenced packets; passing descriptors.
 * @see unix(7), socket(7)
 */
import type { IoctlArgument, Readiness, Stat } from "../../vfs/types.ts";
import { LinuxError } from "../errno.ts";
import { WaitQueue } from "../wait-queue.ts";
import type { FileDescription } from "./description.ts";
import type { FileObject, Transfer } from "./file-object.ts";
import { AnonymousFile, anonymousStat } from "./file-object.ts";
import { FIONREAD } from "./ioctl-requests.ts";
import { wouldBlock } from "./would-block.ts";

/** Bytes that a socket's receive queue holds (net.core.wmem_default). */
const CAPACITY = 212_992;

/** The kinds of sockets. */
export type SocketType = "stream" | "datagram" | "seqpacket";

/** What one send put into a queue. */
export interface Message {
  readonly bytes: Uint8Array;
  /** Passed descriptors (SCM_RIGHTS), each retained once. */
  readonly descriptions: readonly FileDescription[];
  /** Bytes of the sender's `sockaddr_un` path, empty if unnamed. */
  readonly from: Uint8Array;
}

/** Who a socket belongs to: SO_PEERCRED. */
export interface SocketOwner {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A socket. */
export class UnixSocket extends AnonymousFile implements FileObject {
  readonly kind = "socket";
  readonly waiters: WaitQueue = new WaitQueue();
  readonly type: SocketType;
  owner: SocketOwner;
  peer: UnixSocket | undefined;
  /** The peer's owner at the time of connection. */
  peerOwner: SocketOwner | undefined;
  /** Path bytes of its name; empty while unnamed. */
  name: Uint8Array = new Uint8Array(0);
  /** Connections to be accepted; undefined unless listening. */
  backlog: UnixSocket[] | undefined;
  backlogLimit = 0;
  isReadShut = false;
  isWriteShut = false;
  isClosed = false;
  /** It was connected once: what distinguishes EPIPE from ENOTCONN. */
  wasConnected = false;
  #queue: Message[] = [];
  #queuedBytes = 0;

  constructor(inode: number, type: SocketType, owner: SocketOwner) {
    super(inode);
    this.type = type;
    this.owner = owner;
  }

  get label(): string {
    return `socket:[${this.inode}]`;
  }

  /** Connects two sockets with each other. */
  static connect(a: UnixSocket, b: UnixSocket): void {
    a.peer = b;
    b.peer = a;
    a.wasConnected = true;
    b.wasConnected = true;
    a.peerOwner = b.owner;
    b.peerOwner = a.owner;
    a.waiters.wake();
    b.waiters.wake();
  }

  override read(target: Uint8Array, _transfer: Transfer): number {
    return this.receive(target, false).count;
  }

  override write(bytes: Uint8Array, _transfer: Transfer): number {
    return this.send(bytes, [], undefined);
  }

  /**
   * Puts a message into the receiver's queue; gives how many bytes it took.
   * @throws LinuxError EAGAIN, EPIPE, ENOTCONN, ECONNREFUSED, EMSGSIZE.
   */
  send(
    bytes: Uint8Array,
    descriptions: readonly FileDescription[],
    target: UnixSocket | undefined,
  ): number {
    if (this.isWriteShut) throw new LinuxError("EPIPE");
    const receiver = target ?? this.peer;
    if (receiver === undefined) {
      throw new LinuxError(this.wasConnected && this.type !== "datagram" ? "EPIPE" : "ENOTCONN");
    }
    if (receiver.isClosed)
      throw new LinuxError(this.type === "datagram" ? "ECONNREFUSED" : "EPIPE");
    if (receiver.isReadShut) throw new LinuxError("EPIPE");
    const room = CAPACITY - receiver.#queuedBytes;
    if (this.type !== "stream") {
      if (bytes.length > CAPACITY) throw new LinuxError("EMSGSIZE");
      if (bytes.length > room || receiver.#queue.length > 512) throw wouldBlock;
    } else if (bytes.length === 0) return 0;
    else if (room <= 0) throw wouldBlock;
    const taken = bytes.slice(0, Math.max(0, room));
    for (const description of descriptions) description.retain();
    receiver.#queue.push({ bytes: taken, descriptions, from: this.name });
    receiver.#queuedBytes += taken.length;
    receiver.waiters.wake();
    return taken.length;
  }

  /**
   * Takes bytes: of one message, or of a stream up to the next one that carries descriptors.
   * `length` is the message's own, which may be more than was copied.
   * @throws LinuxError EAGAIN, ENOTCONN, EINVAL.
   */
  receive(
    target: Uint8Array,
    peek: boolean,
  ): { count: number; length: number; message: Message | undefined } {
    if (this.backlog !== undefined) throw new LinuxError("EINVAL");
    const first = this.#queue[0];
    if (first === undefined) {
      const isOver = this.isReadShut || (this.wasConnected && this.peer === undefined);
      if (isOver && this.type !== "datagram") return { count: 0, length: 0, message: undefined };
      if (this.type !== "datagram" && !this.wasConnected) {
        throw new LinuxError(this.type === "stream" ? "EINVAL" : "ENOTCONN");
      }
      throw wouldBlock;
    }
    if (this.type !== "stream") {
      const part = first.bytes.subarray(0, target.length);
      target.set(part);
      if (!peek) this.#drop(1, 0);
      return { count: part.length, length: first.bytes.length, message: first };
    }
    let count = 0;
    let used = 0;
    let rest = 0;
    for (const message of this.#queue) {
      if (count === target.length) break;
      if (used > 0 && message.descriptions.length > 0) break;
      const part = message.bytes.subarray(0, target.length - count);
      target.set(part, count);
      count += part.length;
      if (part.length < message.bytes.length) {
        rest = part.length;
        break;
      }
      used += 1;
      if (message.descriptions.length > 0) break;
    }
    if (!peek) this.#drop(used, rest);
    return { count, length: count, message: first };
  }

  /** The descriptors that the next message carries. */
  peekDescriptions(): readonly FileDescription[] {
    return this.#queue[0]?.descriptions ?? [];
  }

  readiness(): Readiness {
    if (this.backlog !== undefined) {
      return { readable: this.backlog.length > 0, writable: false, hangup: false, error: false };
    }
    const isHungUp = this.type !== "datagram" && this.wasConnected && this.peer === undefined;
    const receiver = this.peer;
    return {
      readable: this.#queue.length > 0 || this.isReadShut || isHungUp,
      writable: receiver === undefined || CAPACITY - receiver.#queuedBytes >= 4096,
      hangup: isHungUp || (this.isReadShut && this.isWriteShut),
      error: false,
    };
  }

  override stat(): Stat {
    return anonymousStat(this.inode, 0o140777);
  }

  override ioctl(request: number, argument: IoctlArgument): number {
    if (request !== FIONREAD) throw new LinuxError("ENOTTY");
    argument.write(new Uint8Array(Uint32Array.of(this.#queuedBytes).buffer));
    return 0;
  }

  /** @throws LinuxError ENOTCONN. */
  shutdown(read: boolean, write: boolean): void {
    const { peer } = this;
    if (peer === undefined && !this.wasConnected) throw new LinuxError("ENOTCONN");
    if (read) this.isReadShut = true;
    if (write) this.isWriteShut = true;
    if (peer !== undefined && this.type !== "datagram") {
      if (write) peer.isReadShut = true;
      if (read) peer.isWriteShut = true;
      peer.waiters.wake();
    }
    this.waiters.wake();
  }

  override close(): void {
    this.isClosed = true;
    const { peer, backlog } = this;
    this.peer = undefined;
    if (peer?.peer === this) {
      peer.peer = undefined;
      peer.waiters.wake();
    }
    for (const waiting of backlog ?? []) waiting.close();
    this.#drop(this.#queue.length, 0);
    this.waiters.wake();
  }

  #drop(messages: number, bytesOfNext: number): void {
    const dropped = this.#queue.splice(0, messages);
    for (const { bytes, descriptions } of dropped) {
      this.#queuedBytes -= bytes.length;
      for (const description of descriptions) description.release();
    }
    const next = this.#queue[0];
    if (next !== undefined && bytesOfNext > 0) {
      // The first byte of a message brings its descriptors; what is left of it has none.
      for (const description of next.descriptions) description.release();
      this.#queue[0] = { ...next, bytes: next.bytes.subarray(bytesOfNext), descriptions: [] };
      this.#queuedBytes -= bytesOfNext;
    }
    if (dropped.length > 0 || bytesOfNext > 0) this.peer?.waiters.wake();
  }
}
