/**
 * The open file description (`struct file`): what descriptors share after dup(2) and fork(2).
 * @see open(2), "Open file descriptions"
 */
import type { Location } from "../../vfs/types.ts";
import { O_ACCMODE, openFlags } from "../constants/files.ts";
import type { FileObject } from "./file-object.ts";

/** Flags that F_SETFL can change. */
export const SETTABLE_FLAGS: number =
  openFlags.O_APPEND |
  openFlags.O_NONBLOCK |
  openFlags.FASYNC |
  openFlags.O_DIRECT |
  openFlags.O_NOATIME;

/** An open file description. Counted: it is closed when its last descriptor is. */
export class FileDescription {
  readonly object: FileObject;
  /** Where it was opened; undefined for what has no place in the tree. */
  readonly location: Location | undefined;
  /** Access mode and status flags, as F_GETFL shows them. */
  flags: number;
  position = 0;
  /** Process id set by F_SETOWN. */
  owner = 0;
  /** Called once when it is closed for good: epoll instances and locks let go of it. */
  readonly closing: Set<() => void> = new Set();
  #references = 0;

  constructor(object: FileObject, flags: number, location?: Location) {
    this.object = object;
    this.flags = flags;
    this.location = location;
  }

  get readable(): boolean {
    return (this.flags & O_ACCMODE) !== openFlags.O_WRONLY && !this.isPath;
  }

  get writable(): boolean {
    return (this.flags & O_ACCMODE) !== 0 && !this.isPath;
  }

  get nonBlocking(): boolean {
    return (this.flags & openFlags.O_NONBLOCK) !== 0;
  }

  /** Opened with O_PATH: a place and nothing else. */
  get isPath(): boolean {
    return (this.flags & openFlags.O_PATH) !== 0;
  }

  retain(): this {
    this.#references += 1;
    return this;
  }

  release(): void {
    this.#references -= 1;
    if (this.#references > 0) return;
    for (const listener of [...this.closing]) listener();
    this.closing.clear();
    this.object.close();
  }
}
