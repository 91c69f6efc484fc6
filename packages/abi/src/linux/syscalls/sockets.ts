/**
 * Socket calls. There are sockets within the guest (AF_UNIX) and no network.
 * @see socket(2), unix(7), bind(2), connect(2), accept(2), shutdown(2), getsockopt(2)
 */
import { decodePath } from "../../vfs/path-name.ts";
import { openFlags } from "../constants/files.ts";
import { LinuxError } from "../errno.ts";
import { FileDescription } from "../files/description.ts";
import type { SocketType } from "../files/unix-socket.ts";
import { UnixSocket } from "../files/unix-socket.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { messageCalls } from "./socket-messages.ts";
import { findSocket, readAddress, socketOf, writeAddress } from "./socket-support.ts";
import { context, install } from "./support.ts";
import type { Outcome, SystemCall } from "./system-call.ts";

const domains = { AF_UNSPEC: 0, AF_UNIX: 1, AF_INET: 2, AF_INET6: 10, AF_NETLINK: 16 } as const;
const { O_CLOEXEC, O_NONBLOCK, O_RDWR } = openFlags;
const types = {
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_SEQPACKET: 5,
  SOCK_CLOEXEC: O_CLOEXEC,
  SOCK_NONBLOCK: O_NONBLOCK,
} as const;

function typeOf(domain: number, type: number, protocol: number): SocketType {
  if ((type & ~(0xf | O_CLOEXEC | O_NONBLOCK)) !== 0) throw new LinuxError("EINVAL");
  if (domain !== domains.AF_UNIX) throw new LinuxError("EAFNOSUPPORT");
  if (protocol !== 0 && protocol !== 1) throw new LinuxError("EPROTONOSUPPORT");
  switch (type & 0xf) {
    case types.SOCK_STREAM:
      return "stream";
    case types.SOCK_DGRAM:
    case types.SOCK_RAW:
      return "datagram";
    case types.SOCK_SEQPACKET:
      return "seqpacket";
    default:
      throw new LinuxError("ESOCKTNOSUPPORT");
  }
}

function makeSocket(call: SystemCall, type: SocketType): UnixSocket {
  const { pid, identity } = call.process;
  const owner = { pid, uid: identity.effectiveUid, gid: identity.effectiveGid };
  return new UnixSocket(call.kernel.allocateInode(), type, owner);
}

function installSocket(call: SystemCall, socket: UnixSocket, flags: number): number {
  const description = new FileDescription(socket, O_RDWR | (flags & O_NONBLOCK));
  return install(call, description, (flags & O_CLOEXEC) !== 0);
}

function bind(call: SystemCall, fd: number, address: number, length: number): number {
  const { object: socket } = socketOf(call, fd);
  const name = readAddress(call, address, length);
  const { socketNames, vfs } = call.kernel;
  // The name is looked at first: a socket that binds to its own name again learns that it is taken.
  if (socket.name.length > 0) throw new LinuxError(exists(call, name) ? "EADDRINUSE" : "EINVAL");
  if (name.length === 0 || name[0] === 0) {
    // Without a name one is chosen: five hexadecimal digits.
    const bytes =
      name.length > 0
        ? name
        : new TextEncoder().encode(`\0${socket.inode.toString(16).padStart(5, "0")}`);
    const key = decodePath(bytes);
    if (socketNames.findAbstract(key) !== undefined) throw new LinuxError("EADDRINUSE");
    socketNames.bindAbstract(key, socket);
    socket.name = bytes;
    return 0;
  }
  try {
    const mode = 0o777 & ~call.thread.fileSystem.umask;
    const location = vfs.mknod(context(call), undefined, decodePath(name), "socket", mode);
    socketNames.bindInode(location.dentry.inode, socket);
  } catch (error) {
    if (error instanceof LinuxError && error.code === "EEXIST") throw new LinuxError("EADDRINUSE");
    throw error;
  }
  socket.name = name;
  return 0;
}

function exists(call: SystemCall, name: Uint8Array): boolean {
  if (name.length === 0) return false;
  try {
    findSocket(call, name);
    return true;
  } catch {
    return false;
  }
}

function connect(call: SystemCall, fd: number, address: number, length: number): Outcome {
  const { object: socket, description } = socketOf(call, fd);
  const target = findSocket(call, readAddress(call, address, length));
  if (socket.type !== target.type) throw new LinuxError("EPROTOTYPE");
  if (socket.type === "datagram") {
    socket.peer = target;
    socket.wasConnected = true;
    return 0;
  }
  if (socket.peer !== undefined) throw new LinuxError("EISCONN");
  if (socket.backlog !== undefined) throw new LinuxError("EINVAL");
  const { backlog } = target;
  if (backlog === undefined) throw new LinuxError("ECONNREFUSED");
  if (backlog.length > target.backlogLimit) {
    if (description.nonBlocking) throw new LinuxError("EAGAIN");
    return call.block({ on: [target.waiters], interruption: "restart" });
  }
  const server = makeSocket(call, socket.type);
  server.owner = target.owner;
  server.name = target.name;
  UnixSocket.connect(socket, server);
  backlog.push(server);
  target.waiters.wake();
  return 0;
}

function accept(
  call: SystemCall,
  args: { fd: number; address: number; length: number },
  flags: number,
): Outcome {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) throw new LinuxError("EINVAL");
  const { object: socket, description } = socketOf(call, args.fd);
  if (socket.type === "datagram") throw new LinuxError("EOPNOTSUPP");
  const { backlog } = socket;
  if (backlog === undefined) throw new LinuxError("EINVAL");
  const next = backlog.shift();
  if (next === undefined) {
    if (description.nonBlocking) throw new LinuxError("EAGAIN");
    return call.block({ on: [socket.waiters], interruption: "restart" });
  }
  socket.waiters.wake();
  const fd = installSocket(call, next, flags);
  if (args.address !== 0) {
    writeAddress(call, args.address, args.length, next.peer?.name ?? new Uint8Array(0));
  }
  return fd;
}

const SOL_SOCKET = 1;
const socketOptions = {
  SO_REUSEADDR: 2,
  SO_TYPE: 3,
  SO_ERROR: 4,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_KEEPALIVE: 9,
  SO_PASSCRED: 16,
  SO_PEERCRED: 17,
  SO_RCVTIMEO: 20,
  SO_SNDTIMEO: 21,
  SO_ACCEPTCONN: 30,
  SO_PROTOCOL: 38,
  SO_DOMAIN: 39,
} as const;
const BUFFER_BYTES = 212_992;
const typeNumbers: Readonly<Record<SocketType, number>> = {
  stream: types.SOCK_STREAM,
  datagram: types.SOCK_DGRAM,
  seqpacket: types.SOCK_SEQPACKET,
};

function optionValue(socket: UnixSocket, option: number): readonly number[] {
  switch (option) {
    case socketOptions.SO_TYPE:
      return [typeNumbers[socket.type]];
    case socketOptions.SO_SNDBUF:
    case socketOptions.SO_RCVBUF:
      return [BUFFER_BYTES];
    case socketOptions.SO_ACCEPTCONN:
      return [socket.backlog === undefined ? 0 : 1];
    case socketOptions.SO_DOMAIN:
      return [domains.AF_UNIX];
    case socketOptions.SO_PEERCRED: {
      const owner = socket.peerOwner;
      return owner === undefined
        ? [0, 0xffff_ffff, 0xffff_ffff]
        : [owner.pid, owner.uid, owner.gid];
    }
    case socketOptions.SO_ERROR:
    case socketOptions.SO_PROTOCOL:
    case socketOptions.SO_REUSEADDR:
    case socketOptions.SO_KEEPALIVE:
    case socketOptions.SO_PASSCRED:
      return [0];
    default:
      throw new LinuxError("ENOPROTOOPT");
  }
}

const optionArguments = {
  fd: kind.fd,
  level: kind.choice({ SOL_SOCKET }),
  option: kind.choice(socketOptions),
  value: kind.pointer,
};
const addressArguments = { fd: kind.fd, address: kind.pointer, length: kind.pointer };
const socketArguments = {
  domain: kind.choice(domains),
  type: kind.flags(types),
  protocol: kind.int,
};
const localOnly = { support: "partial", note: "AF_UNIX only; others give EAFNOSUPPORT." } as const;

/** The rows of this family. */
export const socketCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "socket",
    socketArguments,
    (call, { domain, type, protocol }) =>
      installSocket(call, makeSocket(call, typeOf(domain, type, protocol)), type),
    localOnly,
  ),
  systemCall(
    "socketpair",
    { ...socketArguments, ends: kind.fdPairOut },
    (call, { domain, type, protocol, ends }) => {
      const socketType = typeOf(domain, type, protocol);
      call.guest.accessible(ends, 8, "write");
      const one = makeSocket(call, socketType);
      const two = makeSocket(call, socketType);
      UnixSocket.connect(one, two);
      const first = installSocket(call, one, type);
      let second: number;
      try {
        second = installSocket(call, two, type);
      } catch (error) {
        call.thread.files.close(first);
        throw error;
      }
      call.guest.writeU32(ends, first);
      call.guest.writeU32(ends + 4, second);
      return 0;
    },
    localOnly,
  ),
  systemCall(
    "bind",
    { fd: kind.fd, address: kind.pointer, length: kind.uint },
    (call, { fd, address, length }) => bind(call, fd, address, length),
  ),
  systemCall("listen", { fd: kind.fd, backlog: kind.int }, (call, { fd, backlog }) => {
    const { object: socket } = socketOf(call, fd);
    if (socket.type === "datagram") throw new LinuxError("EOPNOTSUPP");
    if (socket.name.length === 0 || socket.wasConnected) throw new LinuxError("EINVAL");
    socket.backlog ??= [];
    socket.backlogLimit = Math.max(0, Math.min(backlog, 4096));
    socket.waiters.wake();
    return 0;
  }),
  systemCall(
    "connect",
    { fd: kind.fd, address: kind.pointer, length: kind.uint },
    (call, { fd, address, length }) => connect(call, fd, address, length),
  ),
  systemCall("accept", addressArguments, (call, args) => accept(call, args, 0)),
  systemCall("accept4", { ...addressArguments, flags: kind.flags(types) }, (call, args) =>
    accept(call, args, args.flags),
  ),
  systemCall("getsockname", addressArguments, (call, { fd, address, length }) => {
    const { object: socket } = socketOf(call, fd);
    writeAddress(call, address, length, socket.name);
    return 0;
  }),
  systemCall("getpeername", addressArguments, (call, { fd, address, length }) => {
    const { object: socket } = socketOf(call, fd);
    if (socket.peer === undefined) throw new LinuxError("ENOTCONN");
    writeAddress(call, address, length, socket.peer.name);
    return 0;
  }),
  systemCall(
    "shutdown",
    { fd: kind.fd, how: kind.choice({ SHUT_RD: 0, SHUT_WR: 1, SHUT_RDWR: 2 }) },
    (call, { fd, how }) => {
      if (how < 0 || how > 2) throw new LinuxError("EINVAL");
      socketOf(call, fd).object.shutdown(how !== 1, how !== 0);
      return 0;
    },
  ),
  systemCall(
    "getsockopt",
    { ...optionArguments, length: kind.pointer },
    (call, { fd, level, option, value, length }) => {
      const { object: socket } = socketOf(call, fd);
      if (level !== SOL_SOCKET) throw new LinuxError("EOPNOTSUPP");
      const words = optionValue(socket, option);
      const room = call.guest.readI32(length);
      if (room < 0) throw new LinuxError("EINVAL");
      const bytes = new Uint8Array(4 * words.length);
      const view = new DataView(bytes.buffer);
      for (const [index, word] of words.entries()) {
        view.setUint32(4 * index, word, call.guest.model.littleEndian);
      }
      const stored = bytes.subarray(0, room);
      call.guest.write(value, stored);
      call.guest.writeU32(length, stored.length);
      return 0;
    },
    { support: "partial", note: "SOL_SOCKET only." },
  ),
  systemCall(
    "setsockopt",
    { ...optionArguments, length: kind.uint },
    (call, { fd, level, option }) => {
      socketOf(call, fd);
      if (level !== SOL_SOCKET) throw new LinuxError("ENOPROTOOPT");
      if (!Object.values<number>(socketOptions).includes(option)) {
        throw new LinuxError("ENOPROTOOPT");
      }
      return 0;
    },
    { support: "stub", note: "Known options are accepted without effect." },
  ),
  ...messageCalls,
];
