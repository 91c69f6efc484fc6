/** `/proc/[pid]` and `/proc/[pid]/task/[tid]`. @see proc_pid(5) */

import { decodePath, encodePath } from "../../vfs/path-name.ts";
import type {
  SyntheticAttributes,
  SyntheticDirectory,
  SyntheticNode,
} from "../../vfs/synthetic/tree.ts";
import {
  fixedDirectory,
  liveDirectory,
  magicLink,
  mergedDirectory,
  textFile,
} from "../../vfs/synthetic/tree.ts";
import type { FileSystem, Location, MagicTarget } from "../../vfs/types.ts";
import { GuestFault } from "../address-space.ts";
import { LinuxError } from "../errno.ts";
import type { FileDescription } from "../files/description.ts";
import { ObjectInode } from "../files/object-inode.ts";
import type { Kernel } from "../kernel.ts";
import { NAME_BYTES } from "../process/names.ts";
import type { Process } from "../process/process.ts";
import type { Thread } from "../process/thread.ts";
import { memoryMaps, memoryPages } from "./maps.ts";
import { mountInfo, mountTable } from "./mounts.ts";
import { limitsText, statText, statusText } from "./process-status.ts";

/** Makes the directory of a process. */
export function processDirectory(
  kernel: Kernel,
  fileSystem: FileSystem,
  process: Process,
): SyntheticDirectory {
  const attributes = ownedBy(process);
  const tasks = liveDirectory(
    () => [...process.threads.keys()].map(String),
    (name) => {
      const thread = process.threads.get(Number(name));
      return thread === undefined ? undefined : taskDirectory(kernel, fileSystem, process, thread);
    },
    attributes,
  );
  return mergedDirectory(
    [fixedDirectory({ task: tasks }), taskDirectory(kernel, fileSystem, process, process.leader)],
    attributes,
  );
}

function ownedBy(process: Process): SyntheticAttributes {
  return {
    identity: process,
    owner: () => ({ uid: process.identity.effectiveUid, gid: process.identity.effectiveGid }),
  };
}

function taskDirectory(
  kernel: Kernel,
  fileSystem: FileSystem,
  process: Process,
  thread: Thread | undefined,
): SyntheticDirectory {
  const attributes = ownedBy(process);
  const file = (read: () => string | Uint8Array): SyntheticNode => textFile(read, attributes);
  const place = (find: () => Location | undefined): SyntheticNode => {
    const location = (): Location => {
      const found = process.zombie ? undefined : find();
      if (found === undefined) throw new LinuxError("ENOENT");
      return found;
    };
    return magicLink(
      () => kernel.vfs.pathOf(location(), kernel.running?.fileSystem.root),
      () => ({ location: location() }),
      attributes,
    );
  };
  return fixedDirectory(
    {
      auxv: file(() => (process.zombie ? "" : process.memory.layout.auxiliaryVector)),
      cgroup: file(() => "0::/\n"),
      cmdline: file(() => strings(process, "arguments")),
      comm: textFile(() => `${thread?.name ?? ""}\n`, {
        ...attributes,
        mode: 0o644,
        write: (bytes) => {
          const end = bytes.indexOf(0x0a);
          const name = end < 0 ? bytes : bytes.subarray(0, end);
          if (thread !== undefined) thread.name = decodePath(name.subarray(0, NAME_BYTES));
        },
      }),
      cwd: place(() => thread?.fileSystem.workingDirectory),
      environ: file(() => strings(process, "environment")),
      exe: place(() => process.memory.executable),
      fd: descriptorDirectory(thread, attributes, (description) =>
        descriptorLink(kernel, fileSystem, description, attributes),
      ),
      fdinfo: descriptorDirectory(thread, attributes, (description) =>
        file(
          () =>
            `pos:\t${description.position}\nflags:\t0${description.flags.toString(8)}\nmnt_id:\t${description.location?.mount.id ?? 0}\n`,
        ),
      ),
      limits: file(() => limitsText(process)),
      maps: file(() => memoryMaps(process)),
      mountinfo: file(() => mountInfo(kernel, thread)),
      mounts: file(() => mountTable(kernel, thread)),
      oom_score: file(() => "0\n"),
      oom_score_adj: textFile(() => "0\n", { ...attributes, mode: 0o644, write: () => {} }),
      root: place(() => thread?.fileSystem.root),
      stat: file(() => statText(kernel, process, thread)),
      statm: file(() => memoryPages(process)),
      status: file(() => statusText(process, thread)),
    },
    attributes,
  );
}

function descriptorDirectory(
  thread: Thread | undefined,
  attributes: SyntheticAttributes,
  node: (description: FileDescription) => SyntheticNode,
): SyntheticDirectory {
  return liveDirectory(
    () => (thread === undefined || thread.dead ? [] : thread.files.numbers().map(String)),
    (name) => {
      if (!/^(0|[1-9]\d{0,9})$/.test(name) || thread === undefined || thread.dead) return undefined;
      const description = thread.files.find(Number(name));
      return description === undefined ? undefined : node(description);
    },
    { ...attributes, mode: 0o500 },
  );
}

function descriptorLink(
  kernel: Kernel,
  fileSystem: FileSystem,
  description: FileDescription,
  attributes: SyntheticAttributes,
): SyntheticNode {
  const { location, object } = description;
  const target = (): MagicTarget => {
    if (location !== undefined) return { location };
    return { inode: object.file?.inode ?? new ObjectInode(fileSystem, object) };
  };
  return magicLink(
    () => {
      if (location !== undefined) {
        return kernel.vfs.pathOf(location, kernel.running?.fileSystem.root);
      }
      return object.label === "" ? `/memfd:${object.stat().ino} (deleted)` : object.label;
    },
    target,
    { ...attributes, identity: description, mode: 0o700 },
  );
}

function strings(process: Process, what: "arguments" | "environment"): Uint8Array {
  if (process.zombie) return new Uint8Array(0);
  const { layout, space } = process.memory;
  const start = what === "arguments" ? layout.argumentsStart : layout.environmentStart;
  const end = what === "arguments" ? layout.argumentsEnd : layout.environmentEnd;
  try {
    return space.read(start, end - start);
  } catch (error) {
    // The program may have unmapped its own stack.
    if (!(error instanceof GuestFault)) throw error;
    return what === "arguments" ? encodePath(process.commandLine.join("\0")) : new Uint8Array(0);
  }
}
