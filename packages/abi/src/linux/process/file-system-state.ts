/**
 * Root, working directory and umask of a process (`struct fs_struct`); shared under CLONE_FS.
 */
import type { Location } from "../../vfs/types.ts";

/** What path names are relative to, and what new files' permissions lose. */
export class FileSystemState {
  root: Location;
  workingDirectory: Location;
  umask: number;

  constructor(root: Location, workingDirectory: Location, umask: number) {
    this.root = root;
    this.workingDirectory = workingDirectory;
    this.umask = umask;
  }

  copy(): FileSystemState {
    return new FileSystemState(this.root, this.workingDirectory, this.umask);
  }
}
