/**
 * The file system at `/proc`: what the kernel knows of itself and of its processes.
 * @see proc(5)
 */
import { SyntheticFileSystem } from "../../vfs/synthetic/file-system.ts";
import type { SyntheticNode } from "../../vfs/synthetic/tree.ts";
import {
  fixedDirectory,
  liveDirectory,
  mergedDirectory,
  textFile,
  textLink,
} from "../../vfs/synthetic/tree.ts";
import type { FileSystem } from "../../vfs/types.ts";
import { LinuxError } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { processDirectory } from "./process-directory.ts";
import { kernelSettings } from "./settings.ts";
import {
  cpuInfo,
  fileSystems,
  loadAverage,
  memoryInfo,
  systemStat,
  uptime,
  version,
} from "./system-files.ts";

/** Makes `/proc` for a kernel. */
export function procFileSystem(kernel: Kernel): FileSystem {
  const process = (name: string): SyntheticNode | undefined => {
    if (!/^[1-9]\d*$/.test(name)) return undefined;
    const found = kernel.processes.get(Number(name)) ?? kernel.threads.get(Number(name))?.process;
    return found === undefined ? undefined : processDirectory(kernel, fileSystem, found);
  };
  const current = (): string => {
    const thread = kernel.running;
    if (thread === undefined) throw new LinuxError("ENOENT");
    return String(thread.process.pid);
  };
  const fixed = fixedDirectory({
    self: textLink(current),
    "thread-self": textLink(() => `${current()}/task/${kernel.running?.id ?? 0}`),
    mounts: textLink(() => "self/mounts"),
    cmdline: textFile(() => "isovm\n"),
    cpuinfo: textFile(() => cpuInfo(kernel)),
    filesystems: textFile(() => fileSystems()),
    loadavg: textFile(() => loadAverage(kernel)),
    meminfo: textFile(() => memoryInfo(kernel)),
    stat: textFile(() => systemStat(kernel)),
    sys: kernelSettings(kernel),
    uptime: textFile(() => uptime(kernel)),
    version: textFile(() => version()),
  });
  const processes = liveDirectory(
    () => [...kernel.processes.keys()].map(String),
    (name) => process(name),
  );
  const fileSystem = new SyntheticFileSystem({
    root: mergedDirectory([fixed, processes]),
    clock: () => kernel.host.clock.realtimeNanos(),
  });
  return fileSystem;
}
