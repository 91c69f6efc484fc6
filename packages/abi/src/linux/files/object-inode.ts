/**
 * The inode behind `/proc/self/fd/N` for a descriptor without a place in the tree: a pipe, a socket,
 * the host's standard streams. Opening it opens the object again.
 */
import { InodeBase } from "../../vfs/inode-base.ts";
import type { FileSystem, OpenFile, Stat } from "../../vfs/types.ts";
import { LinuxError } from "../errno.ts";
import type { FileObject } from "./file-object.ts";

/** An inode that stands for a file object. The VFS leaves opening it to the kernel, as for FIFOs. */
export class ObjectInode extends InodeBase {
  readonly kind = "fifo";
  readonly fileSystem: FileSystem;
  readonly object: FileObject;

  constructor(fileSystem: FileSystem, object: FileObject) {
    super();
    this.fileSystem = fileSystem;
    this.object = object;
  }

  override stat(): Stat {
    // Whoever sees the link may open it: its directory is what is guarded.
    const stat = this.object.stat();
    return { ...stat, mode: stat.mode | 0o666 };
  }

  override open(): OpenFile {
    throw new LinuxError("ENXIO");
  }
}
