/** What the socket calls share: descriptors that are sockets, addresses of AF_UNIX. */
import { decodePath } from "../../vfs/path-name.ts";
import { LinuxError } from "../errno.ts";
import type { FileDescription } from "../files/description.ts";
import { UnixSocket } from "../files/unix-socket.ts";
import { context, openDescription } from "./support.ts";
import type { SystemCall } from "./system-call.ts";

const AF_UNIX = 1;
const FAMILY_BYTES = 2;
const PATH_BYTES = 108;

/** The socket behind a descriptor. @throws LinuxError EBADF, ENOTSOCK. */
export function socketOf(
  call: SystemCall,
  fd: number,
): { object: UnixSocket; description: FileDescription } {
  const description = openDescription(call, fd);
  const { object } = description;
  if (!(object instanceof UnixSocket)) throw new LinuxError("ENOTSOCK");
  return { object, description };
}

/**
 * The name in a `sockaddr_un`: path bytes without the terminating NUL, or the bytes of an abstract
 * name, which starts with a NUL. Empty for none.
 */
export function readAddress(call: SystemCall, address: number, length: number): Uint8Array {
  if (length < FAMILY_BYTES || length > FAMILY_BYTES + PATH_BYTES) throw new LinuxError("EINVAL");
  const bytes = call.guest.read(address, length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const family = view.getUint16(0, call.guest.model.littleEndian);
  if (family !== AF_UNIX) throw new LinuxError("EINVAL");
  const path = bytes.subarray(FAMILY_BYTES);
  if (path.length === 0 || path[0] === 0) return path.slice();
  const end = path.indexOf(0);
  return path.slice(0, end < 0 ? path.length : end);
}

/** The `sockaddr_un` of a name. */
export function encodeAddress(call: SystemCall, name: Uint8Array): Uint8Array {
  const isPath = name.length > 0 && name[0] !== 0;
  const bytes = new Uint8Array(FAMILY_BYTES + name.length + (isPath ? 1 : 0));
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, call.guest.model.littleEndian);
  bytes.set(name, FAMILY_BYTES);
  return bytes;
}

/** Stores a name, cut to the room that `lengthAddress` holds, and its true length there. */
export function writeAddress(
  call: SystemCall,
  address: number,
  lengthAddress: number,
  name: Uint8Array,
): void {
  const room = call.guest.readI32(lengthAddress);
  if (room < 0) throw new LinuxError("EINVAL");
  const bytes = encodeAddress(call, name);
  call.guest.write(address, bytes.subarray(0, room));
  call.guest.writeU32(lengthAddress, bytes.length);
}

/** The socket that has a name. @throws LinuxError ECONNREFUSED, ENOENT … */
export function findSocket(call: SystemCall, name: Uint8Array): UnixSocket {
  const { socketNames, vfs } = call.kernel;
  if (name.length === 0) throw new LinuxError("EINVAL");
  if (name[0] === 0) {
    const socket = socketNames.findAbstract(decodePath(name));
    if (socket === undefined) throw new LinuxError("ECONNREFUSED");
    return socket;
  }
  const view = context(call);
  const found = vfs.resolve(view, undefined, decodePath(name));
  vfs.demandAccess(view, found, { write: true });
  const socket = socketNames.findInode(found.inode);
  if (socket === undefined) throw new LinuxError("ECONNREFUSED");
  return socket;
}
