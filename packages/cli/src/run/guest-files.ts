/** The files that a guest of `isovm run` sees. */
import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import {
  errnoMessage,
  type FileSystem,
  LinuxError,
  MemoryFileSystem,
  populate,
  type RealTimeClock,
  Vfs,
} from "@isovm/abi";
import { openHostDirectory } from "@isovm/abi/node";
import { NotExecutableError, ProgramNotFoundError, UsageError } from "../errors.ts";
import type { Mount } from "../options/mount.ts";

/** What the tree is made from. */
export interface GuestFilesOptions {
  /** A path of the host, or of the guest where a root is given. */
  readonly program: string;
  readonly root: string | undefined;
  readonly mounts: readonly Mount[];
  readonly clock: RealTimeClock;
}

/** The tree, and where the program is in it. */
export interface GuestFiles {
  readonly vfs: Vfs;
  readonly program: string;
  /** Mounts what goes into the kernel's own `/dev` and `/proc`; to be called when those are there. */
  readonly completeMounts: () => void;
}

/** Room for what the guest writes to its files in memory. */
const scratchBytes = 2 ** 30;

/**
 * Makes the tree: a directory of the host as the root, or an empty one in memory with the program
 * in `/bin` and `/tmp`; then the mounts, the later ones on top.
 *
 * @throws UsageError if a root or a mount isn't there.
 * @throws ProgramNotFoundError, NotExecutableError for a program of the host.
 */
export function guestFiles(options: GuestFilesOptions): GuestFiles {
  const { clock, mounts } = options;
  const own = options.root === undefined ? hostProgram(options) : undefined;
  const root =
    options.root === undefined
      ? new MemoryFileSystem({ clock, sizeBytes: scratchBytes })
      : lend(options.root, "--root");
  if (root.root.kind !== "directory") {
    throw new UsageError(`--root ${options.root}: not a directory`);
  }
  if (own && root instanceof MemoryFileSystem) {
    populate(root, { [own.path]: { contents: own.contents, mode: 0o755 } });
  }
  const vfs = new Vfs({ root, clock });
  if (own)
    vfs.mount("/tmp", new MemoryFileSystem({ clock, sizeBytes: scratchBytes, mode: 0o1777 }));
  const isKernels = ({ guest }: Mount): boolean => /^\/+(dev|proc)(\/|$)/.test(guest);
  for (const mount of mounts) if (!isKernels(mount)) addMount(vfs, mount);
  return {
    vfs,
    program: own?.path ?? options.program,
    completeMounts: () => {
      for (const mount of mounts) if (isKernels(mount)) addMount(vfs, mount);
    },
  };
}

function addMount(vfs: Vfs, { host, guest, readOnly }: Mount): void {
  const lent = lend(host, "--mount");
  try {
    vfs.mount(guest, lent, { readOnly });
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    throw new UsageError(`--mount ${host}:${guest}: ${reason(error)}`);
  }
}

function hostProgram({ program, mounts }: GuestFilesOptions): {
  path: string;
  contents: Uint8Array;
} {
  const path = `/bin/${basename(program)}`;
  const hiding = mounts.find(({ guest }) => ["", "/bin", path].includes(guest.replace(/\/+$/, "")));
  if (hiding) {
    throw new UsageError(
      `the mount on ${hiding.guest} hides the program, which is ${path} there; use --root`,
    );
  }
  return { path, contents: readProgram(program) };
}

function readProgram(program: string): Uint8Array {
  try {
    const stat = statSync(program);
    if (stat.isDirectory()) throw new NotExecutableError(`${program}: is a directory`);
    if (!stat.isFile()) throw new NotExecutableError(`${program}: is not a regular file`);
    if (process.platform !== "win32" && (stat.mode & 0o111) === 0) {
      throw new NotExecutableError(`${program}: has no execute permission (chmod +x gives it)`);
    }
    return readFileSync(program);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new ProgramNotFoundError(`${program}: no such program`);
    }
    if (code === "EACCES" || code === "EPERM") {
      throw new NotExecutableError(`${program}: permission denied`);
    }
    if (code === "ELOOP") throw new NotExecutableError(`${program}: too many symbolic links`);
    throw error;
  }
}

function lend(path: string, option: string): FileSystem {
  try {
    return openHostDirectory(path);
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    throw new UsageError(`${option} ${path}: ${reason(error)}`);
  }
}

/** The words of an error number. */
function reason(error: LinuxError): string {
  return errnoMessage(error.code).toLowerCase();
}
