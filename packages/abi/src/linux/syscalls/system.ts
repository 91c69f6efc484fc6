/**
 * The system as a whole, limits, and a process's settings.
 * @see uname(2), sysinfo(2), getrandom(2), getrlimit(2), getrusage(2), prctl(2)
 */

import { decodePath, encodePath } from "../../vfs/path-name.ts";
import { kernelRelease, kernelVersion } from "../constants/version.ts";
import { LinuxError } from "../errno.ts";
import { encodeUsage, rlimit64Struct, rlimitStruct } from "../layout/process-structures.ts";
import { struct } from "../layout/struct.ts";
import { NAME_BYTES } from "../process/names.ts";
import type { Process } from "../process/process.ts";
import type { ResourceLimit } from "../process/resource-limits.ts";
import { RESOURCE_COUNT, resources } from "../process/resource-limits.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { checkFlags } from "./support.ts";
import type { SystemCall } from "./system-call.ts";

const NAME_FIELD_BYTES = 65;

function uname(call: SystemCall, buffer: number): number {
  const { kernel } = call;
  const fields = [
    "Linux",
    kernel.hostName,
    kernelRelease,
    kernelVersion,
    kernel.binding.machine,
    kernel.domainName,
  ];
  const bytes = new Uint8Array(NAME_FIELD_BYTES * fields.length);
  for (const [index, text] of fields.entries()) {
    bytes.set(encodePath(text).subarray(0, NAME_FIELD_BYTES - 1), index * NAME_FIELD_BYTES);
  }
  call.guest.write(buffer, bytes);
  return 0;
}

const sysinfoStruct = struct({
  uptime: "long",
  load1: "word",
  load5: "word",
  load15: "word",
  totalRam: "word",
  freeRam: "word",
  sharedRam: "word",
  bufferRam: "word",
  totalSwap: "word",
  freeSwap: "word",
  processes: "u16",
  pad: "u16",
  totalHigh: "word",
  freeHigh: "word",
  unit: "u32",
});

function sysinfo(call: SystemCall, buffer: number): number {
  const { kernel, guest } = call;
  const { limitBytes, residentBytes } = kernel.memory;
  const unit = 4096;
  const uptimeNanos = kernel.now() - kernel.bootNanos;
  const bytes = sysinfoStruct.encode(guest.model, {
    uptime: Math.floor(uptimeNanos / 1e9),
    totalRam: Math.floor(limitBytes / unit),
    freeRam: Math.floor(Math.max(0, limitBytes - residentBytes) / unit),
    processes: kernel.threads.size,
    unit,
  });
  guest.write(buffer, bytes);
  return 0;
}

const GRND_NONBLOCK = 1;
const GRND_RANDOM = 2;
const GRND_INSECURE = 4;
const RANDOM_CHUNK_BYTES = 65536;

function getrandom(call: SystemCall, buffer: number, length: number, flags: number): number {
  checkFlags(flags, GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE);
  const total = Math.min(length, 0x1ff_ffff);
  if (total === 0) return 0;
  const usable = call.guest.accessible(buffer, total, "write");
  for (let done = 0; done < usable; done += RANDOM_CHUNK_BYTES) {
    const bytes = new Uint8Array(Math.min(RANDOM_CHUNK_BYTES, usable - done));
    call.kernel.host.random(bytes);
    call.guest.write(buffer + done, bytes);
  }
  return usable;
}

function limitOf(process: Process, resource: number): ResourceLimit {
  const limit = process.limits[resource];
  if (limit === undefined || resource >= RESOURCE_COUNT) throw new LinuxError("EINVAL");
  return limit;
}

function setLimit(call: SystemCall, process: Process, resource: number, next: ResourceLimit): void {
  const before = limitOf(process, resource);
  if (next.soft > next.hard) throw new LinuxError("EINVAL");
  const isRoot = call.process.identity.effectiveUid === 0;
  if (next.hard > before.hard && !isRoot) throw new LinuxError("EPERM");
  // What the machine grants is a bound for the guest's root, too.
  if (resource === resources.RLIMIT_NOFILE && next.hard > BigInt(call.kernel.limits.files)) {
    throw new LinuxError("EPERM");
  }
  process.limits = process.limits.map((limit, index) => (index === resource ? next : limit));
}

function prlimit(
  call: SystemCall,
  args: { pid: number; resource: number; next: number; old: number },
): number {
  const { guest, kernel } = call;
  const process = args.pid === 0 ? call.process : kernel.processes.get(args.pid);
  if (process === undefined) throw new LinuxError("ESRCH");
  const before = limitOf(process, args.resource);
  if (args.next !== 0) {
    setLimit(call, process, args.resource, guest.readStruct(rlimit64Struct, args.next));
  }
  if (args.old !== 0) guest.writeStruct(rlimit64Struct, args.old, before);
  return 0;
}

const usageTargets = { RUSAGE_SELF: 0, RUSAGE_CHILDREN: -1, RUSAGE_THREAD: 1 } as const;

function getrusage(call: SystemCall, who: number, buffer: number): number {
  const { process, thread, guest } = call;
  if (!Object.values<number>(usageTargets).includes(who)) throw new LinuxError("EINVAL");
  process.usage.maxResidentBytes = Math.max(
    process.usage.maxResidentBytes,
    process.memory.space.residentBytes,
  );
  const usage =
    who === usageTargets.RUSAGE_CHILDREN
      ? process.childUsage
      : who === usageTargets.RUSAGE_THREAD
        ? { ...process.usage, userNanos: thread.cpuNanos }
        : process.usage;
  guest.write(buffer, encodeUsage(guest.model, usage));
  return 0;
}

const prctlOptions = {
  PR_SET_PDEATHSIG: 1,
  PR_GET_PDEATHSIG: 2,
  PR_GET_DUMPABLE: 3,
  PR_SET_DUMPABLE: 4,
  PR_GET_KEEPCAPS: 7,
  PR_SET_KEEPCAPS: 8,
  PR_SET_NAME: 15,
  PR_GET_NAME: 16,
  PR_GET_SECCOMP: 21,
  PR_CAPBSET_READ: 23,
  PR_SET_TIMERSLACK: 29,
  PR_GET_TIMERSLACK: 30,
  PR_SET_CHILD_SUBREAPER: 36,
  PR_GET_CHILD_SUBREAPER: 37,
  PR_SET_NO_NEW_PRIVS: 38,
  PR_GET_NO_NEW_PRIVS: 39,
  PR_GET_TID_ADDRESS: 40,
  PR_SET_THP_DISABLE: 41,
  PR_GET_THP_DISABLE: 42,
  PR_CAP_AMBIENT: 47,
  PR_SET_VMA: 0x5356_4d41,
} as const;
const TIMER_SLACK_NANOS = 50_000;
const LAST_CAPABILITY = 40;

function prctl(call: SystemCall, option: number, argument: number): number {
  const { process, thread, guest } = call;
  switch (option) {
    case prctlOptions.PR_SET_NAME: {
      const bytes = guest.readBytesToNul(argument, NAME_BYTES) ?? guest.read(argument, NAME_BYTES);
      thread.name = decodePath(bytes);
      return 0;
    }
    case prctlOptions.PR_GET_NAME: {
      const bytes = new Uint8Array(NAME_BYTES + 1);
      bytes.set(encodePath(thread.name).subarray(0, NAME_BYTES));
      guest.write(argument, bytes);
      return 0;
    }
    case prctlOptions.PR_SET_PDEATHSIG:
      if (argument > 64) throw new LinuxError("EINVAL");
      process.parentDeathSignal = argument;
      return 0;
    case prctlOptions.PR_GET_PDEATHSIG:
      guest.writeU32(argument, process.parentDeathSignal);
      return 0;
    case prctlOptions.PR_GET_DUMPABLE:
      return process.dumpable ? 1 : 0;
    case prctlOptions.PR_SET_DUMPABLE:
      if (argument > 1) throw new LinuxError("EINVAL");
      process.dumpable = argument === 1;
      return 0;
    case prctlOptions.PR_SET_CHILD_SUBREAPER:
      process.isSubreaper = argument !== 0;
      return 0;
    case prctlOptions.PR_GET_CHILD_SUBREAPER:
      guest.writeU32(argument, process.isSubreaper ? 1 : 0);
      return 0;
    case prctlOptions.PR_SET_NO_NEW_PRIVS:
      if (argument !== 1) throw new LinuxError("EINVAL");
      process.noNewPrivileges = true;
      return 0;
    case prctlOptions.PR_GET_NO_NEW_PRIVS:
      return process.noNewPrivileges ? 1 : 0;
    case prctlOptions.PR_GET_TID_ADDRESS:
      guest.writeWord(argument, thread.clearChildTid);
      return 0;
    case prctlOptions.PR_CAPBSET_READ:
      if (argument > LAST_CAPABILITY) throw new LinuxError("EINVAL");
      return 1;
    case prctlOptions.PR_GET_TIMERSLACK:
      return TIMER_SLACK_NANOS;
    case prctlOptions.PR_GET_KEEPCAPS:
    case prctlOptions.PR_SET_KEEPCAPS:
    case prctlOptions.PR_GET_SECCOMP:
    case prctlOptions.PR_SET_TIMERSLACK:
    case prctlOptions.PR_SET_THP_DISABLE:
    case prctlOptions.PR_GET_THP_DISABLE:
      return 0;
    default:
      // Naming of mappings (PR_SET_VMA) is a kernel option, so programs expect that it fails.
      throw new LinuxError("EINVAL");
  }
}

function setName(call: SystemCall, address: number, length: number): string {
  if (call.process.identity.effectiveUid !== 0) throw new LinuxError("EPERM");
  if (length < 0 || length >= NAME_FIELD_BYTES) throw new LinuxError("EINVAL");
  return decodePath(call.guest.read(address, length));
}

const capabilityHeader = struct({ version: "u32", pid: "i32" });
const CAPABILITY_VERSION_1 = 0x1998_0330;
const CAPABILITY_VERSION_2 = 0x2007_1026;
const CAPABILITY_VERSION_3 = 0x2008_0522;

function capget(call: SystemCall, header: number, data: number): number {
  const { guest, kernel } = call;
  const { version, pid } = guest.readStruct(capabilityHeader, header);
  const isOld = version === CAPABILITY_VERSION_1;
  if (!isOld && version !== CAPABILITY_VERSION_2 && version !== CAPABILITY_VERSION_3) {
    guest.writeU32(header, CAPABILITY_VERSION_3);
    if (data === 0) return 0;
    throw new LinuxError("EINVAL");
  }
  const process = pid === 0 ? call.process : kernel.processes.get(pid);
  if (process === undefined) throw new LinuxError("ESRCH");
  if (data === 0) return 0;
  // Root has all of them, others none: there is no finer model.
  const all = process.identity.effectiveUid === 0 ? 0x1ff_ffff_ffffn : 0n;
  const words = [all & 0xffff_ffffn, all >> 32n].slice(0, isOld ? 1 : 2);
  for (const [index, bits] of words.entries()) {
    const at = data + index * 12;
    guest.writeU32(at, Number(bits));
    guest.writeU32(at + 4, Number(bits));
    guest.writeU32(at + 8, 0);
  }
  return 0;
}

const oldLimit = { resource: kind.choice(resources), limit: kind.pointer };

/** The rows of this family. */
export const systemCalls: readonly SystemCallDefinition[] = [
  systemCall("uname", { buffer: kind.pointer }, (call, { buffer }) => uname(call, buffer)),
  systemCall("sysinfo", { buffer: kind.pointer }, (call, { buffer }) => sysinfo(call, buffer)),
  systemCall(
    "getrandom",
    {
      buffer: kind.bytesOut,
      length: kind.size,
      flags: kind.flags({ GRND_NONBLOCK, GRND_RANDOM, GRND_INSECURE }),
    },
    (call, { buffer, length, flags }) => getrandom(call, buffer, length, flags),
  ),
  systemCall(
    "prlimit64",
    {
      pid: kind.int,
      resource: kind.choice(resources),
      next: kind.pointer,
      old: kind.pointer,
    },
    (call, args) => prlimit(call, args),
    { support: "partial", note: "Enforced: AS, DATA, FSIZE, NOFILE, NPROC, STACK (at execve)." },
  ),
  systemCall("getrlimit", oldLimit, (call, { resource, limit }) => {
    call.guest.writeStruct(rlimitStruct, limit, limitOf(call.process, resource));
    return 0;
  }),
  systemCall(
    "setrlimit",
    oldLimit,
    (call, { resource, limit }) => {
      const next = call.guest.readStruct(rlimitStruct, limit);
      setLimit(call, call.process, resource, next);
      return 0;
    },
    { support: "partial", note: "As prlimit64." },
  ),
  systemCall(
    "getrusage",
    { who: kind.choice(usageTargets), buffer: kind.pointer },
    (call, { who, buffer }) => getrusage(call, who, buffer),
    { support: "partial", note: "User time and the largest resident size; the rest is zero." },
  ),
  systemCall(
    "prctl",
    {
      option: kind.choice(prctlOptions),
      argument2: kind.pointer,
      argument3: kind.pointer,
      argument4: kind.pointer,
      argument5: kind.pointer,
    },
    (call, { option, argument2 }) => prctl(call, option, argument2),
    { support: "partial", note: "Names, dumpable, subreaper, parent-death signal, no_new_privs." },
  ),
  systemCall("sethostname", { name: kind.pointer, length: kind.int }, (call, args) => {
    call.kernel.hostName = setName(call, args.name, args.length);
    return 0;
  }),
  systemCall("setdomainname", { name: kind.pointer, length: kind.int }, (call, args) => {
    call.kernel.domainName = setName(call, args.name, args.length);
    return 0;
  }),
  systemCall("personality", { persona: kind.hexUint }, () => 0, {
    support: "stub",
    note: "Always PER_LINUX.",
  }),
  systemCall(
    "syslog",
    { type: kind.int, buffer: kind.pointer, length: kind.int },
    (_call, { type }) => {
      if (type < 0 || type > 10) throw new LinuxError("EINVAL");
      return 0;
    },
    { support: "stub", note: "The kernel's log is empty." },
  ),
  systemCall(
    "capget",
    { header: kind.pointer, data: kind.pointer },
    (call, { header, data }) => capget(call, header, data),
    { support: "partial", note: "Root has all capabilities, others none." },
  ),
  systemCall(
    "capset",
    { header: kind.pointer, data: kind.pointer },
    (call, { header }) => {
      call.guest.readStruct(capabilityHeader, header);
      return 0;
    },
    { support: "stub", note: "Accepted without effect." },
  ),
];
