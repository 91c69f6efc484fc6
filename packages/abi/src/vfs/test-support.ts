/** What the tests of the virtual file system share. */
import { LinuxError } from "../linux/errno.ts";
import { MemoryFileSystem, type MemoryFileSystemOptions } from "./memory/file-system.ts";
import type { Credentials, FileContext, FileSystem, OpenFile, OpenOptions } from "./types.ts";
import { Vfs } from "./vfs.ts";

/** The superuser. */
export const root: Credentials = { uid: 0, gid: 0, groups: [] };
/** An ordinary user. */
export const user: Credentials = { uid: 1000, gid: 1000, groups: [2000] };

/** A clock that advances by a nanosecond whenever it is read. */
export function tickingClock(): () => bigint {
  let now = 1_000_000_000n;
  return () => {
    now += 1n;
    return now;
  };
}

/** The result of an operation, or the name of the errno that it failed with. */
export function outcome<T>(operation: () => T): T | string {
  try {
    return operation();
  } catch (error) {
    if (error instanceof LinuxError) return error.code;
    throw error;
  }
}

/** A tree and a process in it, with the operations that tests need most. */
export class Shell {
  readonly vfs: Vfs;
  context: FileContext;

  constructor(fileSystem: FileSystem, credentials: Credentials = root) {
    this.vfs = new Vfs({ root: fileSystem, clock: tickingClock() });
    this.context = this.vfs.initialContext(credentials);
  }

  as(credentials: Credentials): void {
    this.context = { ...this.context, credentials };
  }

  open(path: string, options: OpenOptions = { read: true }): OpenFile {
    const { file } = this.vfs.open(this.context, undefined, path, options);
    if (file === undefined) throw new Error(`${path} has no file`);
    return file;
  }

  write(path: string, text: string, mode = 0o644): void {
    const file = this.open(path, { write: true, create: true, truncate: true, mode });
    try {
      file.write(new TextEncoder().encode(text), 0);
    } finally {
      file.close();
    }
  }

  read(path: string): string {
    const file = this.open(path);
    try {
      return readAll(file);
    } finally {
      file.close();
    }
  }

  list(path: string): string[] {
    const file = this.open(path, { read: true, directory: true });
    try {
      return [...file.readDirectory(0)].map(({ name }) => name).sort();
    } finally {
      file.close();
    }
  }

  mkdir(path: string, mode = 0o755): void {
    this.vfs.mkdir(this.context, undefined, path, mode);
  }

  symlink(target: string, path: string): void {
    this.vfs.symlink(this.context, target, undefined, path);
  }

  unlink(path: string): void {
    this.vfs.unlink(this.context, undefined, path);
  }

  rmdir(path: string): void {
    this.vfs.rmdir(this.context, undefined, path);
  }

  rename(from: string, to: string, mode?: "replace" | "noreplace" | "exchange"): void {
    this.vfs.rename(this.context, undefined, from, undefined, to, mode);
  }

  link(from: string, to: string): void {
    const source = this.vfs.resolve(this.context, undefined, from, { follow: false });
    this.vfs.link(this.context, source, undefined, to);
  }

  stat(path: string, follow = true): ReturnType<Vfs["stat"]> {
    return this.vfs.stat(this.context, undefined, path, { follow });
  }

  chdir(path: string): void {
    const workingDirectory = this.vfs.enterDirectory(this.context, undefined, path);
    this.context = { ...this.context, workingDirectory };
  }

  chroot(path: string): void {
    const place = this.vfs.enterDirectory(this.context, undefined, path);
    this.context = { ...this.context, root: place };
  }

  cwd(): string {
    return this.vfs.workingDirectoryPath(this.context);
  }
}

/** A shell over an in-memory file system. */
export function memoryShell(options: Partial<MemoryFileSystemOptions> = {}): Shell {
  return new Shell(new MemoryFileSystem({ clock: tickingClock(), ...options }));
}

/** All of a file, as text. */
export function readAll(file: OpenFile): string {
  const chunks: Uint8Array[] = [];
  for (let position = 0; ; ) {
    const buffer = new Uint8Array(4096);
    const count = file.read(buffer, position);
    if (count === 0) break;
    chunks.push(buffer.subarray(0, count));
    position += count;
  }
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("");
}
