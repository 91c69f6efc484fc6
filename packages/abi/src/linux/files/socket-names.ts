/** Names of sockets: abstract ones, and those that are files. @see unix(7), "Address format" */
import type { Inode } from "../../vfs/types.ts";
import type { UnixSocket } from "./unix-socket.ts";

/** Finds bound sockets. */
export class SocketNames {
  readonly #abstract = new Map<string, UnixSocket>();
  readonly #inodes = new WeakMap<Inode, UnixSocket>();

  /** The socket of an abstract name (the key is any string that stands for its bytes). */
  findAbstract(name: string): UnixSocket | undefined {
    const socket = this.#abstract.get(name);
    if (socket?.isClosed !== true) return socket;
    this.#abstract.delete(name);
    return undefined;
  }

  bindAbstract(name: string, socket: UnixSocket): void {
    this.#abstract.set(name, socket);
  }

  findInode(inode: Inode): UnixSocket | undefined {
    const socket = this.#inodes.get(inode);
    return socket?.isClosed === true ? undefined : socket;
  }

  bindInode(inode: Inode, socket: UnixSocket): void {
    this.#inodes.set(inode, socket);
  }
}
