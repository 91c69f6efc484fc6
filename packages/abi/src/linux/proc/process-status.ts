/** `/proc/[pid]/stat`, `status` and `limits`. @see proc_pid_stat(5), proc_pid_status(5) */
import { MAX_SIGNAL, SIG_DFL, SIG_IGN } from "../constants/signals.ts";
import type { Kernel } from "../kernel.ts";
import type { Process } from "../process/process.ts";
import { waitStatus } from "../process/process.ts";
import { RLIM_INFINITY, resources } from "../process/resource-limits.ts";
import type { Thread } from "../process/thread.ts";
import type { SignalSet } from "../signals/signal-set.ts";
import { signalSet } from "../signals/signal-set.ts";

const TICK_NANOS = 10_000_000;
const PAGE_BYTES = 4096;

function stateLetter(process: Process, thread: Thread | undefined): "R" | "S" | "T" | "Z" {
  if (process.zombie || thread === undefined) return "Z";
  if (process.stoppedBy !== undefined) return "T";
  return thread.blocked === undefined ? "R" : "S";
}

function nameOf(process: Process, thread: Thread | undefined): string {
  return thread?.name ?? process.lastName;
}

function signalSets(process: Process): { ignored: SignalSet; caught: SignalSet } {
  let ignored = 0n;
  let caught = 0n;
  for (let signal = 1; signal <= MAX_SIGNAL; signal += 1) {
    const { handler } = process.actions.get(signal);
    if (handler === SIG_IGN) ignored |= signalSet(signal);
    else if (handler !== SIG_DFL) caught |= signalSet(signal);
  }
  return { ignored, caught };
}

/** `/proc/[pid]/stat`: 52 fields in one line. */
export function statText(kernel: Kernel, process: Process, thread: Thread | undefined): string {
  const ticks = (nanos: number): number => Math.floor(nanos / TICK_NANOS);
  const { usage, childUsage } = process;
  const { ignored, caught } = signalSets(process);
  const memory = process.zombie ? undefined : process.memory;
  const layout = memory?.layout;
  const { terminal } = kernel.standardFiles;
  const hasTerminal = terminal.session !== 0 && terminal.session === process.session;
  const low = (set: SignalSet): bigint => set & 0x7fff_ffffn;
  const fields: (number | bigint | string)[] = [
    thread?.id ?? process.pid,
    `(${nameOf(process, thread)})`,
    stateLetter(process, thread),
    process.parentPid,
    process.group,
    process.session,
    hasTerminal ? 5 << 8 : 0,
    hasTerminal ? terminal.foregroundGroup : -1,
    0,
    usage.minorFaults,
    childUsage.minorFaults,
    0,
    0,
    ticks(usage.userNanos),
    0,
    ticks(childUsage.userNanos),
    0,
    20 + process.niceness,
    process.niceness,
    process.threads.size,
    0,
    ticks(Math.max(0, process.startNanos - kernel.bootNanos)),
    memory?.space.mappedBytes ?? 0,
    Math.floor((memory?.space.residentBytes ?? 0) / PAGE_BYTES),
    RLIM_INFINITY,
    layout?.codeStart ?? 0,
    layout?.codeEnd ?? 0,
    layout?.stackTop ?? 0,
    0,
    0,
    low(thread?.pending.set ?? 0n),
    low(thread?.mask ?? 0n),
    low(ignored),
    low(caught),
    0,
    0,
    0,
    process.exitSignal,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    layout?.breakStart ?? 0,
    layout?.argumentsStart ?? 0,
    layout?.argumentsEnd ?? 0,
    layout?.environmentStart ?? 0,
    layout?.environmentEnd ?? 0,
    process.exit === undefined ? 0 : waitStatus(process.exit),
  ];
  return `${fields.join(" ")}\n`;
}

const stateNames = {
  R: "R (running)",
  S: "S (sleeping)",
  T: "T (stopped)",
  Z: "Z (zombie)",
} as const;

/** `/proc/[pid]/status`. */
export function statusText(process: Process, thread: Thread | undefined): string {
  const { identity } = process;
  const { ignored, caught } = signalSets(process);
  const set = (value: SignalSet): string => value.toString(16).padStart(16, "0");
  const kib = (bytes: number): string => `${String(Math.ceil(bytes / 1024)).padStart(8)} kB`;
  const space = process.zombie ? undefined : process.memory.space;
  const capabilities = set(identity.effectiveUid === 0 ? 0x1ff_ffff_ffffn : 0n);
  const lines: (readonly [string, string | number])[] = [
    ["Name", nameOf(process, thread)],
    ["State", stateNames[stateLetter(process, thread)]],
    ["Tgid", process.pid],
    ["Ngid", 0],
    ["Pid", thread?.id ?? process.pid],
    ["PPid", process.parentPid],
    ["TracerPid", 0],
    [
      "Uid",
      [identity.uid, identity.effectiveUid, identity.savedUid, identity.fileSystemUid].join("\t"),
    ],
    [
      "Gid",
      [identity.gid, identity.effectiveGid, identity.savedGid, identity.fileSystemGid].join("\t"),
    ],
    ["Groups", identity.groups.join(" ")],
  ];
  if (space !== undefined) {
    lines.push(["VmSize", kib(space.mappedBytes)], ["VmRSS", kib(space.residentBytes)]);
  }
  lines.push(
    ["Threads", process.threads.size],
    ["SigPnd", set(thread?.pending.set ?? 0n)],
    ["ShdPnd", set(process.pending.set)],
    ["SigBlk", set(thread?.mask ?? 0n)],
    ["SigIgn", set(ignored)],
    ["SigCgt", set(caught)],
    ["CapPrm", capabilities],
    ["CapEff", capabilities],
    ["NoNewPrivs", process.noNewPrivileges ? 1 : 0],
    ["Seccomp", 0],
    ["Cpus_allowed_list", "0"],
  );
  return lines.map(([name, value]) => `${name}:\t${value}\n`).join("");
}

const limitNames: Readonly<Record<string, readonly [title: string, unit: string]>> = {
  RLIMIT_CPU: ["Max cpu time", "seconds"],
  RLIMIT_FSIZE: ["Max file size", "bytes"],
  RLIMIT_DATA: ["Max data size", "bytes"],
  RLIMIT_STACK: ["Max stack size", "bytes"],
  RLIMIT_CORE: ["Max core file size", "bytes"],
  RLIMIT_RSS: ["Max resident set", "bytes"],
  RLIMIT_NPROC: ["Max processes", "processes"],
  RLIMIT_NOFILE: ["Max open files", "files"],
  RLIMIT_MEMLOCK: ["Max locked memory", "bytes"],
  RLIMIT_AS: ["Max address space", "bytes"],
  RLIMIT_LOCKS: ["Max file locks", "locks"],
  RLIMIT_SIGPENDING: ["Max pending signals", "signals"],
  RLIMIT_MSGQUEUE: ["Max msgqueue size", "bytes"],
  RLIMIT_NICE: ["Max nice priority", ""],
  RLIMIT_RTPRIO: ["Max realtime priority", ""],
  RLIMIT_RTTIME: ["Max realtime timeout", "us"],
};

/** `/proc/[pid]/limits`. */
export function limitsText(process: Process): string {
  const row = (title: string, soft: string, hard: string, unit: string): string =>
    `${title.padEnd(25)} ${soft.padEnd(20)} ${hard.padEnd(20)} ${unit.padEnd(10)}\n`;
  const value = (limit: bigint): string => (limit === RLIM_INFINITY ? "unlimited" : String(limit));
  const rows = Object.entries(resources).map(([name, number]) => {
    const [title, unit] = limitNames[name] ?? [name, ""];
    const limit = process.limits[number];
    return row(
      title,
      value(limit?.soft ?? RLIM_INFINITY),
      value(limit?.hard ?? RLIM_INFINITY),
      unit,
    );
  });
  return row("Limit", "Soft Limit", "Hard Limit", "Units") + rows.join("");
}
