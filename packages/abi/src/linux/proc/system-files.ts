/** Files of `/proc` about the system as a whole. @see proc(5) */
import { kernelRelease, kernelVersion } from "../constants/version.ts";
import type { Kernel } from "../kernel.ts";

const TICKS_PER_SECOND = 100;
const KIB = 1024;

function seconds(nanos: number): number {
  return nanos / 1e9;
}

/** `/proc/uptime`. */
export function uptime(kernel: Kernel): string {
  const up = seconds(kernel.now() - kernel.bootNanos);
  return `${up.toFixed(2)} ${Math.max(0, up - seconds(busyNanos(kernel))).toFixed(2)}\n`;
}

/** `/proc/loadavg`: nothing is averaged. */
export function loadAverage(kernel: Kernel): string {
  let runnable = 0;
  for (const thread of kernel.threads.values()) if (thread.blocked === undefined) runnable += 1;
  const last = Math.max(0, ...kernel.processes.keys());
  return `0.00 0.00 0.00 ${runnable}/${kernel.threads.size} ${last}\n`;
}

/** `/proc/meminfo`. */
export function memoryInfo(kernel: Kernel): string {
  const { limitBytes, residentBytes } = kernel.memory;
  const free = Math.max(0, limitBytes - residentBytes);
  const lines: readonly (readonly [string, number])[] = [
    ["MemTotal", limitBytes],
    ["MemFree", free],
    ["MemAvailable", free],
    ["Buffers", 0],
    ["Cached", 0],
    ["SwapCached", 0],
    ["SwapTotal", 0],
    ["SwapFree", 0],
    ["Shmem", 0],
  ];
  return lines
    .map(([name, bytes]) => {
      const value = String(Math.floor(bytes / KIB)).padStart(8);
      return `${`${name}:`.padEnd(16)}${value} kB\n`;
    })
    .join("");
}

/** `/proc/cpuinfo`. */
export function cpuInfo(kernel: Kernel): string {
  return Array.from(
    { length: kernel.cpuCount },
    (_, cpu) => `processor\t: ${cpu}\nmodel name\t: isovm ${kernel.binding.name}\n`,
  ).join("\n");
}

/** `/proc/stat`. */
export function systemStat(kernel: Kernel): string {
  const user = Math.floor(seconds(busyNanos(kernel)) * TICKS_PER_SECOND);
  const up = Math.floor(seconds(kernel.now() - kernel.bootNanos) * TICKS_PER_SECOND);
  const times = `${user} 0 0 ${Math.max(0, up - user)} 0 0 0 0 0 0`;
  const cpus = Array.from({ length: kernel.cpuCount }, (_, cpu) =>
    cpu === 0 ? `cpu0 ${times}\n` : `cpu${cpu} 0 0 0 ${up} 0 0 0 0 0 0\n`,
  );
  const upNanos = BigInt(Math.floor(kernel.now() - kernel.bootNanos));
  const boot = (kernel.host.clock.realtimeNanos() - upNanos) / 1_000_000_000n;
  const running = [...kernel.threads.values()].filter(({ blocked }) => blocked === undefined);
  return (
    `cpu  ${times}\n${cpus.join("")}intr 0\nctxt 0\nbtime ${boot}\n` +
    `processes ${kernel.processes.size}\nprocs_running ${running.length}\nprocs_blocked 0\n`
  );
}

/** `/proc/version`. */
export function version(): string {
  return `Linux version ${kernelRelease} (isovm) ${kernelVersion}\n`;
}

/** `/proc/filesystems`. */
export function fileSystems(): string {
  return "nodev\tproc\nnodev\ttmpfs\nnodev\tdevtmpfs\nnodev\thostfs\n";
}

function busyNanos(kernel: Kernel): number {
  let sum = 0;
  for (const { usage, childUsage } of kernel.processes.values()) {
    sum += usage.userNanos + childUsage.userNanos;
  }
  return sum;
}
