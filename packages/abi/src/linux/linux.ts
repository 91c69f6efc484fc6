/**
 * The Linux personality as a part that a machine is composed with.
 */
import { MemoryFileSystem } from "../vfs/memory/file-system.ts";
import { type PopulateNode, populate } from "../vfs/populate.ts";
import { Vfs } from "../vfs/vfs.ts";
import type { AddressSpaceProvider } from "./address-space.ts";
import { deterministicHost } from "./deterministic-host.ts";
import type { GuestCpuFactory } from "./guest-cpu.ts";
import type { HostServices } from "./host-services.ts";
import { Kernel } from "./kernel.ts";
import type { KernelOptions } from "./kernel-options.ts";

/** What the machine contributes to a kernel. */
export interface MachineParts {
  readonly memory: AddressSpaceProvider;
  readonly createCpu: GuestCpuFactory;
  /** Instructions retired so far, the time of guests that are given no clock. */
  readonly retired: () => bigint;
}

/** All that a kernel is made of but for the machine's own parts. */
export interface LinuxOptions extends Omit<KernelOptions, "memory" | "createCpu" | "host" | "vfs"> {
  /**
   * Clocks, randomness and streams. What is left out is deterministic: time is a nanosecond for
   * each instruction, randomness is seeded with 0, input has ended, output goes nowhere.
   */
  readonly host?: Partial<HostServices> | undefined;
  /** The guest's file system; default: in memory, with `/tmp`. */
  readonly vfs?: Vfs | undefined;
  /** Files of the default file system by path: `{ "bin/true": { contents, mode: 0o755 } }`. */
  readonly files?: Readonly<Record<string, PopulateNode>> | undefined;
}

/** Linux as something to compose a machine with: each call makes a kernel of its own. */
export interface LinuxAbi {
  /** A kernel without processes on a machine's memory and processors. */
  create(parts: MachineParts): Kernel;
}

/**
 * The Linux personality for `processVm({ abi })`: an object that makes a {@link Kernel} from the
 * machine's memory and processors. The kernel has no process until `start` is called.
 */
export function linux(options: LinuxOptions): LinuxAbi {
  return {
    create: ({ memory, createCpu, retired }) => {
      const { host: given, vfs, files, ...rest } = options;
      const host = { ...deterministicHost(retired), ...given };
      return new Kernel({
        ...rest,
        memory,
        createCpu,
        host,
        vfs: vfs ?? memoryFiles(host, files ?? {}),
      });
    },
  };
}

/** A file system in memory with the given files and `/tmp`; the kernel adds `/dev` and `/proc`. */
function memoryFiles(host: HostServices, files: Readonly<Record<string, PopulateNode>>): Vfs {
  const clock = () => host.clock.realtimeNanos();
  const root = new MemoryFileSystem({ clock });
  populate(root, files);
  const vfs = new Vfs({ root, clock });
  vfs.mount("/tmp", new MemoryFileSystem({ clock, mode: 0o1777 }));
  return vfs;
}
