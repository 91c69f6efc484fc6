/** Files, directories and symlinks of the host. */
import { LinuxError } from "../../linux/errno.ts";
import { DirectoryFile } from "../directory-file.ts";
import { InodeBase } from "../inode-base.ts";
import { modeBits, modeOfKind, permissionMask } from "../mode.ts";
import type {
  AttributeChanges,
  DirectoryEntry,
  FileKind,
  Inode,
  NewInode,
  OpenAccess,
  OpenFile,
  RenameMode,
  Stat,
} from "../types.ts";
import type { PooledDirectory } from "./directory-pool.ts";
import type { HostDirectory, HostEntry, HostFile, HostIdentity, HostStat } from "./driver.ts";
import type { HostFileSystem } from "./file-system.ts";
import { onHost } from "./host-error.ts";
import { HostOpenFile } from "./open-file.ts";

/** A name in a directory of the host. */
export interface HostPlace {
  readonly parent: HostInode;
  readonly name: string;
}

/** An inode of the host. */
export class HostInode extends InodeBase implements PooledDirectory {
  readonly fileSystem: HostFileSystem;
  readonly kind: FileKind;
  readonly identity: HostIdentity;
  /** The name under which it was last seen; undefined for the root, and once it was removed. */
  place: HostPlace | undefined;
  /** The guest's open files of this inode: they reach it even when it has no name left. */
  readonly #handles = new Set<HostFile>();

  constructor(fileSystem: HostFileSystem, stat: HostStat, place: HostPlace | undefined) {
    super();
    this.fileSystem = fileSystem;
    this.kind = stat.kind;
    this.identity = { dev: stat.dev, ino: stat.ino, kind: stat.kind };
    this.place = place;
  }

  stat(): Stat {
    return this.#toStat(this.#hostStat());
  }

  override setAttributes(changes: AttributeChanges): void {
    if (this.kind !== "file" && this.kind !== "directory" && this.kind !== "symlink") {
      throw new LinuxError("EPERM");
    }
    const safe = this.#withoutPrivileges(changes);
    const [handle] = this.#handles;
    onHost(() => {
      if (handle !== undefined) {
        handle.setAttributes(safe);
      } else if (this.kind === "directory") {
        this.directory().setOwnAttributes(safe);
      } else {
        const { parent, name } = this.#demandPlace();
        parent.directory().setAttributes(name, this.identity, safe);
      }
    });
  }

  override truncate(sizeBytes: number): void {
    if (this.kind !== "file") super.truncate(sizeBytes);
    const file = this.open({ read: false, write: true });
    try {
      file.truncate(sizeBytes);
    } finally {
      file.close();
    }
  }

  override open(access: OpenAccess): OpenFile {
    switch (this.kind) {
      case "directory":
        return this.#openDirectory();
      case "file":
        return this.#opened(onHost(() => this.#openFile(access)));
      case "symlink":
        throw new LinuxError("ELOOP");
      case "character":
      case "block":
        // The host's devices aren't the guest's, whatever their modes say.
        throw new LinuxError("EACCES");
      default:
        throw new LinuxError("ENXIO");
    }
  }

  override lookup(name: string): HostInode | undefined {
    const stat = onHost(() => this.directory().statName(name));
    return stat === undefined ? undefined : this.fileSystem.inode(stat, this, name);
  }

  override create(name: string, node: NewInode): Inode {
    switch (node.kind) {
      case "file": {
        const file = this.createOpen(name, node);
        file.close();
        return file.inode;
      }
      case "directory":
        onHost(() => this.directory().createDirectory(name, node.mode & ~modeBits.setUid));
        return this.#created(name, node);
      case "symlink":
        onHost(() => this.directory().createSymlink(name, node.target ?? ""));
        return this.#created(name, node);
      default:
        throw new LinuxError("EPERM", name);
    }
  }

  override createOpen(name: string, node: NewInode): OpenFile {
    const mode = node.mode & permissionMask & ~privileges;
    const file = onHost(() => this.directory().createFile(name, mode));
    const stat = onHost(() => file.stat());
    const inode = this.fileSystem.inode(stat, this, name);
    const opened = inode.#opened(file);
    inode.#own(stat, node);
    return opened;
  }

  override link(name: string, inode: Inode): void {
    if (!(inode instanceof HostInode) || inode.fileSystem !== this.fileSystem) {
      throw new LinuxError("EXDEV", name);
    }
    const from = inode.place;
    // A file that has lost its last name can't be given another, as on Linux.
    if (from === undefined) throw new LinuxError("ENOENT", name);
    onHost(() => {
      this.#hold(from.parent, (to, source) => {
        inode.#demandIdentity(source.statName(from.name));
        to.link(name, source, from.name);
      });
    });
  }

  override unlink(name: string): void {
    const inode = this.lookup(name);
    const isLast = (inode?.stat().nlink ?? 0) <= 1;
    onHost(() => this.directory().unlink(name));
    this.#forget(inode, name, isLast);
  }

  override rmdir(name: string): void {
    const inode = this.lookup(name);
    onHost(() => this.directory().removeDirectory(name));
    this.#forget(inode, name, true);
  }

  override rename(name: string, newDirectory: Inode, newName: string, mode: RenameMode): void {
    if (!(newDirectory instanceof HostInode) || newDirectory.fileSystem !== this.fileSystem) {
      throw new LinuxError("EXDEV", name);
    }
    // What a file system answers that can't exchange: callers fall back to something else.
    if (mode === "exchange") throw new LinuxError("EINVAL", name);
    const moved = this.lookup(name);
    if (moved === undefined) throw new LinuxError("ENOENT", name);
    const replaced = newDirectory.lookup(newName);
    if (mode === "noreplace" && replaced !== undefined) throw new LinuxError("EEXIST", newName);
    const replacesLast = replaced?.kind === "directory" || (replaced?.stat().nlink ?? 0) <= 1;
    onHost(() => this.#hold(newDirectory, (from, to) => from.rename(name, to, newName)));
    // Two names of one file: the host leaves both.
    if (replaced === moved) return;
    newDirectory.#forget(replaced, newName, replacesLast);
    moved.place = { parent: newDirectory, name: newName };
    if (moved.kind === "directory") this.fileSystem.pool.renamed();
  }

  override readlink(): string {
    if (this.kind !== "symlink") throw new LinuxError("EINVAL");
    const { parent, name } = this.#demandPlace();
    return onHost(() => {
      const directory = parent.directory();
      const text = directory.readSymlink(name);
      this.#demandIdentity(directory.statName(name));
      return text;
    });
  }

  /** The directory, open. Valid until another one is asked for. */
  directory(): HostDirectory {
    if (this.kind !== "directory") throw new LinuxError("ENOTDIR");
    return this.fileSystem.pool.get(this);
  }

  /** An open file of this inode was closed. */
  closed(file: HostFile): void {
    this.#handles.delete(file);
    onHost(() => file.close());
  }

  #hostStat(): HostStat {
    const [handle] = this.#handles;
    return onHost(() => {
      if (handle !== undefined) return handle.stat();
      if (this.kind === "directory") return this.directory().stat();
      const { parent, name } = this.#demandPlace();
      return this.#demandIdentity(parent.directory().statName(name));
    });
  }

  #toStat(host: HostStat): Stat {
    return {
      dev: this.fileSystem.dev,
      ino: this.fileSystem.inodeNumber(host),
      mode: modeOfKind[host.kind] | (host.mode & permissionMask),
      nlink: host.nlink,
      uid: host.uid,
      gid: host.gid,
      rdev: host.rdev,
      sizeBytes: host.sizeBytes,
      blockBytes: host.blockBytes,
      blocks: host.blocks,
      atimeNanos: host.atimeNanos,
      mtimeNanos: host.mtimeNanos,
      ctimeNanos: host.ctimeNanos,
      btimeNanos: host.btimeNanos,
    };
  }

  #openDirectory(): OpenFile {
    const { pool } = this.fileSystem;
    onHost(() => pool.pin(this));
    let entries: readonly HostEntry[] | undefined;
    const list = (position: number): Iterable<DirectoryEntry> => {
      // A snapshot until the listing starts again: positions are indices into it.
      if (position === 0 || entries === undefined) {
        entries = onHost(() => this.directory().list()).sort(byName);
      }
      return this.#entries(entries, position);
    };
    return new DirectoryFile(this, list, () => pool.unpin(this));
  }

  *#entries(entries: readonly HostEntry[], position: number): Iterable<DirectoryEntry> {
    const number = (inode: HostInode): bigint => this.fileSystem.inodeNumber(inode.identity);
    if (position <= 0) yield { name: ".", ino: number(this), kind: "directory", nextPosition: 1 };
    if (position <= 1) {
      const parent = this === this.fileSystem.root ? this : (this.place?.parent ?? this);
      yield { name: "..", ino: number(parent), kind: "directory", nextPosition: 2 };
    }
    for (let index = Math.max(0, position - 2); index < entries.length; index += 1) {
      const entry = entries[index];
      const ino = entry === undefined ? undefined : this.#inodeNumberOf(entry.name);
      if (entry !== undefined && ino !== undefined) {
        yield { name: entry.name, ino, kind: entry.kind, nextPosition: index + 3 };
      }
    }
  }

  /** The inode number of a name; undefined if it is gone. */
  #inodeNumberOf(name: string): bigint | undefined {
    try {
      const stat = onHost(() => this.directory().statName(name));
      return stat === undefined ? undefined : this.fileSystem.inodeNumber(stat);
    } catch (error) {
      // A directory may be readable without being searchable: names are all that can be seen.
      if (error instanceof LinuxError && error.code === "EACCES") return unknownInode;
      throw error;
    }
  }

  #openFile(access: OpenAccess): HostFile {
    const [handle] = this.#handles;
    if (this.place === undefined && handle !== undefined) return handle.reopen(access);
    const { parent, name } = this.#demandPlace();
    return parent.directory().openFile(name, this.identity, access);
  }

  #opened(file: HostFile): OpenFile {
    this.#handles.add(file);
    return new HostOpenFile(this, file);
  }

  #created(name: string, node: NewInode): HostInode {
    const inode = this.lookup(name);
    if (inode === undefined) throw new LinuxError("ESTALE", name);
    inode.#own(inode.#hostStat(), node);
    return inode;
  }

  /** Gives a new file to the guest's user, if the host lets us: it may not be root there. */
  #own(stat: HostStat, { uid, gid }: NewInode): void {
    if (stat.uid === uid && stat.gid === gid) return;
    try {
      this.setAttributes({ uid, gid });
    } catch (error) {
      if (!(error instanceof LinuxError) || error.code !== "EPERM") throw error;
    }
  }

  /** A guest must not leave programs on the host that give their caller the host user's rights. */
  #withoutPrivileges(changes: AttributeChanges): AttributeChanges {
    if (changes.mode === undefined || this.kind === "directory") return changes;
    return { ...changes, mode: changes.mode & ~privileges };
  }

  /** Has this directory and another open at once. */
  #hold(other: HostInode, action: (own: HostDirectory, other: HostDirectory) => void): void {
    const { pool } = this.fileSystem;
    pool.pin(this);
    try {
      const otherDirectory = pool.get(other);
      action(pool.get(this), otherDirectory);
    } finally {
      pool.unpin(this);
    }
  }

  #demandPlace(): HostPlace {
    if (this.place === undefined) throw new LinuxError("ESTALE");
    return this.place;
  }

  #demandIdentity(stat: HostStat | undefined): HostStat {
    const { dev, ino, kind } = this.identity;
    if (stat?.dev !== dev || stat.ino !== ino || stat.kind !== kind) throw new LinuxError("ESTALE");
    return stat;
  }

  #forget(inode: HostInode | undefined, name: string, isLast: boolean): void {
    if (inode === undefined) return;
    if (inode.place?.parent === this && inode.place.name === name) inode.place = undefined;
    if (isLast) this.fileSystem.forget(inode);
  }
}

/** Stands for a number that the host doesn't tell; 0 would mean an empty entry to old programs. */
const unknownInode = 1n;

const byName = (a: HostEntry, b: HostEntry): number => (a.name < b.name ? -1 : 1);

const privileges = modeBits.setUid | modeBits.setGid;
