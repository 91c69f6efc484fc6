/** The directories of the in-memory file system. */
import { LinuxError } from "../../linux/errno.ts";
import { DirectoryFile } from "../directory-file.ts";
import type {
  DirectoryEntry,
  Inode,
  NewInode,
  OpenAccess,
  OpenFile,
  RenameMode,
} from "../types.ts";
import { EntryList } from "./entry-list.ts";
import type { MemoryFileSystem } from "./file-system.ts";
import { MemoryFile, MemoryInode, MemoryNode, MemorySymlink } from "./inodes.ts";

/** What an entry adds to a directory's size in bytes, as tmpfs reports it. */
const entryBytes = 20;
/** Positions 0 and 1 are those of `.` and `..`. */
const firstEntryPosition = 2;

/** A directory in memory. */
export class MemoryDirectory extends MemoryInode {
  readonly #entries = new EntryList<MemoryInode>(firstEntryPosition);
  /** The directory above; the root is its own. */
  #parent: MemoryDirectory;

  constructor(fileSystem: MemoryFileSystem, node: NewInode, parent: MemoryDirectory | undefined) {
    super(fileSystem, node);
    this.nlink = 2;
    this.#parent = parent ?? this;
  }

  override open(): OpenFile {
    return new DirectoryFile(this, (position) => this.#list(position));
  }

  override lookup(name: string): MemoryInode | undefined {
    return this.#entries.get(name);
  }

  override create(name: string, node: NewInode): MemoryInode {
    this.#demandAlive();
    if (this.#entries.get(name) !== undefined) throw new LinuxError("EEXIST", name);
    const inode = this.#make(node);
    this.#add(name, inode);
    return inode;
  }

  override createUnnamed(node: NewInode, access: OpenAccess, linkable: boolean): OpenFile {
    this.#demandAlive();
    const file = new MemoryFile(this.fileSystem, node);
    file.nlink = 0;
    file.linkable = linkable;
    return file.open(access);
  }

  override link(name: string, inode: Inode): void {
    this.#demandAlive();
    if (!(inode instanceof MemoryInode) || inode.fileSystem !== this.fileSystem) {
      throw new LinuxError("EXDEV", name);
    }
    if (inode instanceof MemoryDirectory) throw new LinuxError("EPERM", name);
    if (this.#entries.get(name) !== undefined) throw new LinuxError("EEXIST", name);
    if (inode.nlink === 0) {
      if (!(inode instanceof MemoryFile) || !inode.linkable) throw new LinuxError("ENOENT", name);
      inode.linkable = false;
    } else {
      this.fileSystem.takeName();
    }
    this.#add(name, inode);
    inode.changeLinks(1);
  }

  override unlink(name: string): void {
    const inode = this.#get(name);
    if (inode instanceof MemoryDirectory) throw new LinuxError("EISDIR", name);
    this.#remove(name, inode);
    inode.dropName();
  }

  override rmdir(name: string): void {
    const inode = this.#get(name);
    if (!(inode instanceof MemoryDirectory)) throw new LinuxError("ENOTDIR", name);
    if (inode.#entries.size > 0) throw new LinuxError("ENOTEMPTY", name);
    this.#remove(name, inode);
    inode.dropName();
  }

  override rename(name: string, newDirectory: Inode, newName: string, mode: RenameMode): void {
    if (!(newDirectory instanceof MemoryDirectory) || newDirectory.fileSystem !== this.fileSystem) {
      throw new LinuxError("EXDEV", name);
    }
    newDirectory.#demandAlive();
    const inode = this.#get(name);
    const target = newDirectory.#entries.get(newName);
    // Checked here too, since with several mounts only the file system sees all names.
    if (inode instanceof MemoryDirectory && inode.#isAbove(newDirectory)) {
      throw new LinuxError("EINVAL", name);
    }
    if (target === undefined) {
      if (mode === "exchange") throw new LinuxError("ENOENT", newName);
      this.#remove(name, inode);
      newDirectory.#add(newName, inode);
      inode.changeLinks(0);
      return;
    }
    if (mode === "noreplace") throw new LinuxError("EEXIST", newName);
    if (inode === target) return;
    if (target instanceof MemoryDirectory && target.#isAbove(this)) {
      throw new LinuxError(mode === "exchange" ? "EINVAL" : "ENOTEMPTY", newName);
    }
    if (mode === "exchange") {
      this.#replace(name, inode, target);
      newDirectory.#replace(newName, target, inode);
      target.changeLinks(0);
    } else {
      newDirectory.#demandReplaceable(newName, inode, target);
      this.#remove(name, inode);
      newDirectory.#replace(newName, target, inode);
      target.dropName();
    }
    inode.changeLinks(0);
  }

  override dropName(): void {
    this.changeLinks(-this.nlink);
  }

  protected override sizes(): { bytes: number; pages: number } {
    return { bytes: this.#entries.size * entryBytes, pages: 0 };
  }

  *#list(position: number): Iterable<DirectoryEntry> {
    if (position <= 0) yield { name: ".", ino: this.ino, kind: "directory", nextPosition: 1 };
    if (position <= 1) {
      yield { name: "..", ino: this.#parent.ino, kind: "directory", nextPosition: 2 };
    }
    for (const entry of this.#entries.from(Math.max(position, firstEntryPosition))) {
      const { ino, kind } = entry.value;
      yield { name: entry.name, ino, kind, nextPosition: entry.position + 1 };
    }
    this.touchAccessed();
  }

  #make(node: NewInode): MemoryInode {
    switch (node.kind) {
      case "file":
        return new MemoryFile(this.fileSystem, node);
      case "directory":
        return new MemoryDirectory(this.fileSystem, node, this);
      case "symlink":
        return new MemorySymlink(this.fileSystem, node);
      default:
        return new MemoryNode(this.fileSystem, node);
    }
  }

  #get(name: string): MemoryInode {
    const inode = this.#entries.get(name);
    if (inode === undefined) throw new LinuxError("ENOENT", name);
    return inode;
  }

  #add(name: string, inode: MemoryInode): void {
    this.#entries.set(name, inode);
    this.#adopt(inode);
    this.touchModified();
  }

  #remove(name: string, inode: MemoryInode): void {
    this.#entries.delete(name);
    if (inode instanceof MemoryDirectory) this.nlink -= 1;
    this.touchModified();
  }

  #replace(name: string, old: MemoryInode, inode: MemoryInode): void {
    if (old instanceof MemoryDirectory) this.nlink -= 1;
    this.#add(name, inode);
  }

  #adopt(inode: MemoryInode): void {
    if (!(inode instanceof MemoryDirectory)) return;
    inode.#parent = this;
    this.nlink += 1;
  }

  #isAbove(directory: MemoryDirectory): boolean {
    for (let at = directory; ; at = at.#parent) {
      if (at === this) return true;
      if (at.#parent === at) return false;
    }
  }

  #demandReplaceable(name: string, inode: MemoryInode, target: MemoryInode): void {
    const isDirectory = inode instanceof MemoryDirectory;
    if (target instanceof MemoryDirectory) {
      if (!isDirectory) throw new LinuxError("EISDIR", name);
      if (target.#entries.size > 0) throw new LinuxError("ENOTEMPTY", name);
    } else if (isDirectory) {
      throw new LinuxError("ENOTDIR", name);
    }
  }

  /** Nothing can be made in a directory that was removed but is still somebody's. */
  #demandAlive(): void {
    if (this.nlink === 0) throw new LinuxError("ENOENT");
  }
}
