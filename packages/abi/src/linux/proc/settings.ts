/** `/proc/sys`: the kernel's settings, most of them constants. @see proc_sys(5) */
import type { SyntheticDirectory, SyntheticFile } from "../../vfs/synthetic/tree.ts";
import { fixedDirectory, textFile } from "../../vfs/synthetic/tree.ts";
import { kernelRelease, kernelVersion } from "../constants/version.ts";
import type { Kernel } from "../kernel.ts";

function constant(value: number | string): SyntheticFile {
  return textFile(() => `${value}\n`);
}

function uuid(kernel: Kernel): string {
  const bytes = new Uint8Array(16);
  kernel.host.random(bytes);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Makes `/proc/sys`. */
export function kernelSettings(kernel: Kernel): SyntheticDirectory {
  let bootId: string | undefined;
  return fixedDirectory({
    fs: fixedDirectory({
      "file-max": constant(9_223_372_036_854_775_807n.toString()),
      nr_open: constant(kernel.limits.files),
      "pipe-max-size": constant(1 << 20),
    }),
    kernel: fixedDirectory({
      cap_last_cap: constant(40),
      domainname: textFile(() => `${kernel.domainName}\n`),
      hostname: textFile(() => `${kernel.hostName}\n`),
      ngroups_max: constant(65536),
      osrelease: constant(kernelRelease),
      ostype: constant("Linux"),
      pid_max: constant(32768),
      random: fixedDirectory({
        boot_id: textFile(() => {
          bootId ??= uuid(kernel);
          return `${bootId}\n`;
        }),
        entropy_avail: constant(256),
        uuid: textFile(() => `${uuid(kernel)}\n`),
      }),
      randomize_va_space: constant(0),
      "threads-max": constant(kernel.limits.threads),
      version: constant(kernelVersion),
    }),
    vm: fixedDirectory({
      max_map_count: constant(65530),
      mmap_min_addr: constant(65536),
      overcommit_memory: constant(1),
      overcommit_ratio: constant(50),
      swappiness: constant(0),
    }),
  });
}
