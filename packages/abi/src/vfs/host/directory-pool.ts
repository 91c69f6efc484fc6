/**
 * The directories of the host that are held open: few, since a guest may visit many.
 *
 * A directory that was closed meanwhile is found again from the nearest open one above it, a name
 * at a time, and is only taken if it is still the same.
 */
import { LinuxError } from "../../linux/errno.ts";
import type { HostDirectory, HostIdentity } from "./driver.ts";

/** A directory as the pool knows it: where it was last seen. */
export interface PooledDirectory {
  readonly identity: HostIdentity;
  /** Undefined once its name was removed. */
  readonly place: { readonly parent: PooledDirectory; readonly name: string } | undefined;
}

/** How many directories are held open beside those in use. */
const capacity = 64;

/** Open directories, least recently used first. */
export class DirectoryPool {
  readonly #root: PooledDirectory;
  readonly #rootHandle: HostDirectory;
  readonly #open = new Map<PooledDirectory, HostDirectory>();
  readonly #pins = new Map<PooledDirectory, number>();

  constructor(root: PooledDirectory, rootHandle: HostDirectory) {
    this.#root = root;
    this.#rootHandle = rootHandle;
  }

  /** The open directory. Valid until the next call. @throws LinuxError ESTALE if it is gone. */
  get(directory: PooledDirectory): HostDirectory {
    if (directory === this.#root) return this.#rootHandle;
    const known = this.#open.get(directory);
    if (known !== undefined) {
      this.#open.delete(directory);
      this.#open.set(directory, known);
      return known;
    }
    return this.#openFromAbove(directory);
  }

  /** Keeps a directory open until `unpin`: somebody lists it, whatever becomes of its name. */
  pin(directory: PooledDirectory): void {
    this.get(directory);
    this.#pins.set(directory, (this.#pins.get(directory) ?? 0) + 1);
  }

  unpin(directory: PooledDirectory): void {
    const count = (this.#pins.get(directory) ?? 1) - 1;
    if (count > 0) this.#pins.set(directory, count);
    else this.#pins.delete(directory);
    this.#shrink();
  }

  /** A directory was renamed: what is open may be so under names that are no more. */
  renamed(): void {
    if (this.#rootHandle.followsRenames) return;
    for (const handle of this.#open.values()) handle.close();
    this.#open.clear();
  }

  /** Closes everything. */
  close(): void {
    for (const handle of this.#open.values()) handle.close();
    this.#open.clear();
    this.#rootHandle.close();
  }

  #openFromAbove(directory: PooledDirectory): HostDirectory {
    const chain: { directory: PooledDirectory; name: string }[] = [];
    let at = directory;
    // A loop and not a recursion: a guest can nest directories deeper than the host's stack.
    while (at !== this.#root && !this.#open.has(at)) {
      const { place } = at;
      if (place === undefined) throw new LinuxError("ESTALE");
      chain.push({ directory: at, name: place.name });
      at = place.parent;
    }
    let handle = this.#open.get(at) ?? this.#rootHandle;
    for (const step of chain.reverse()) {
      handle = handle.openDirectory(step.name, step.directory.identity);
      this.#open.set(step.directory, handle);
      this.#shrink();
    }
    return handle;
  }

  #shrink(): void {
    for (const [directory, handle] of this.#open) {
      if (this.#open.size - this.#pins.size <= capacity) return;
      if (this.#pins.has(directory)) continue;
      this.#open.delete(directory);
      handle.close();
    }
  }
}
