/** What most inodes have in common: refusing what their kind can't do, with the errno that Linux gives. */
import { LinuxError } from "../linux/errno.ts";
import type {
  AttributeChanges,
  FileKind,
  FileSystem,
  Inode,
  NewInode,
  OpenAccess,
  OpenFile,
  RenameMode,
  Stat,
} from "./types.ts";

/** An inode that can do nothing but be looked at; kinds of inodes override what they can do. */
export abstract class InodeBase implements Inode {
  abstract readonly fileSystem: FileSystem;
  abstract readonly kind: FileKind;

  /** The attributes now. */
  abstract stat(): Stat;

  setAttributes(_changes: AttributeChanges): void {
    throw new LinuxError("EPERM");
  }

  truncate(_sizeBytes: number): void {
    throw new LinuxError(this.kind === "directory" ? "EISDIR" : "EINVAL");
  }

  open(_access: OpenAccess): OpenFile {
    throw new LinuxError(this.kind === "symlink" ? "ELOOP" : "ENXIO");
  }

  lookup(_name: string): Inode | undefined {
    throw new LinuxError("ENOTDIR");
  }

  create(_name: string, _node: NewInode): Inode {
    throw this.#refusal();
  }

  createOpen(name: string, node: NewInode, access: OpenAccess): OpenFile {
    return this.create(name, node).open(access);
  }

  createUnnamed(_node: NewInode, _access: OpenAccess, _linkable: boolean): OpenFile {
    throw new LinuxError(this.kind === "directory" ? "EOPNOTSUPP" : "ENOTDIR");
  }

  link(_name: string, _inode: Inode): void {
    throw this.#refusal();
  }

  unlink(_name: string): void {
    throw this.#refusal();
  }

  rmdir(_name: string): void {
    throw this.#refusal();
  }

  rename(_name: string, _newDirectory: Inode, _newName: string, _mode: RenameMode): void {
    throw this.#refusal();
  }

  readlink(): string {
    throw new LinuxError("EINVAL");
  }

  #refusal(): LinuxError {
    return new LinuxError(this.kind === "directory" ? "EPERM" : "ENOTDIR");
  }
}
