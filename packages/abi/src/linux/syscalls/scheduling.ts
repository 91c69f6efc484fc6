/**
 * Scheduling: one CPU's worth of round robin, whatever a program asks for.
 * @see sched(7), sched_setaffinity(2), getpriority(2)
 */
import { LinuxError } from "../errno.ts";
import { timespecOf, timespecStruct } from "../layout/time-structures.ts";
import type { Process } from "../process/process.ts";
import type { Thread } from "../process/thread.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import type { SystemCall } from "./system-call.ts";

const policies = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_IDLE: 5,
} as const;
const QUANTUM_NANOS = 100_000_000;

function threadOf(call: SystemCall, id: number): Thread {
  if (id < 0) throw new LinuxError("EINVAL");
  const thread = id === 0 ? call.thread : call.kernel.threads.get(id);
  if (thread === undefined) throw new LinuxError("ESRCH");
  return thread;
}

function affinity(call: SystemCall, size: number): Uint8Array {
  const { wordBytes, littleEndian } = call.guest.model;
  const { cpuCount } = call.kernel;
  if (size * 8 < cpuCount || size % wordBytes !== 0) throw new LinuxError("EINVAL");
  const bytes = new Uint8Array(Math.min(size, Math.ceil(cpuCount / (8 * wordBytes)) * wordBytes));
  for (let cpu = 0; cpu < cpuCount; cpu += 1) {
    const place = littleEndian ? cpu >> 3 : (cpu >> 3) ^ (wordBytes - 1);
    bytes[place] = (bytes[place] ?? 0) | (1 << (cpu & 7));
  }
  return bytes;
}

function priorityRange(policy: number): [number, number] {
  if (policy === policies.SCHED_FIFO || policy === policies.SCHED_RR) return [1, 99];
  if (Object.values<number>(policies).includes(policy)) return [0, 0];
  throw new LinuxError("EINVAL");
}

const which = { PRIO_PROCESS: 0, PRIO_PGRP: 1, PRIO_USER: 2 } as const;

function prioritised(call: SystemCall, kindOfId: number, id: number): Process[] {
  const { kernel, process } = call;
  const all = [...kernel.processes.values()].filter(({ zombie }) => !zombie);
  let found: Process[];
  if (kindOfId === which.PRIO_PROCESS) {
    const wanted = id === 0 ? process : kernel.threads.get(id)?.process;
    found = wanted === undefined ? [] : [wanted];
  } else if (kindOfId === which.PRIO_PGRP) {
    found = all.filter(({ group }) => group === (id === 0 ? process.group : id));
  } else if (kindOfId === which.PRIO_USER) {
    const uid = id === 0 ? process.identity.uid : id;
    found = all.filter(({ identity }) => identity.uid === uid);
  } else throw new LinuxError("EINVAL");
  if (found.length === 0) throw new LinuxError("ESRCH");
  return found;
}

const ignored = { support: "stub", note: "Accepted; all threads take turns." } as const;
const priorityArguments = { which: kind.choice(which), who: kind.int };

/** The rows of this family. */
export const schedulingCalls: readonly SystemCallDefinition[] = [
  systemCall("sched_yield", {}, (call) => {
    call.kernel.yieldSlice();
    return 0;
  }),
  systemCall(
    "sched_getaffinity",
    { pid: kind.int, size: kind.size, mask: kind.pointer },
    (call, { pid, size, mask }) => {
      threadOf(call, pid);
      const bytes = affinity(call, size);
      call.guest.write(mask, bytes);
      return bytes.length;
    },
  ),
  systemCall(
    "sched_setaffinity",
    { pid: kind.int, size: kind.size, mask: kind.pointer },
    (call, { pid, size, mask }) => {
      threadOf(call, pid);
      const own = affinity(call, 1024);
      const bytes = call.guest.read(mask, Math.min(size, 1024));
      if (!own.some((bits, index) => ((bytes[index] ?? 0) & bits) !== 0)) {
        throw new LinuxError("EINVAL");
      }
      return 0;
    },
    ignored,
  ),
  systemCall("sched_getscheduler", { pid: kind.int }, (call, { pid }) => {
    threadOf(call, pid);
    return policies.SCHED_OTHER;
  }),
  systemCall(
    "sched_setscheduler",
    { pid: kind.int, policy: kind.choice(policies), parameter: kind.pointer },
    (call, { pid, policy, parameter }) => {
      threadOf(call, pid);
      const [lowest, highest] = priorityRange(policy & ~0x4000_0000);
      const priority = call.guest.readI32(parameter);
      if (priority < lowest || priority > highest) throw new LinuxError("EINVAL");
      if (highest > 0 && call.process.identity.effectiveUid !== 0) throw new LinuxError("EPERM");
      return 0;
    },
    ignored,
  ),
  systemCall("sched_getparam", { pid: kind.int, parameter: kind.pointer }, (call, args) => {
    threadOf(call, args.pid);
    call.guest.writeU32(args.parameter, 0);
    return 0;
  }),
  systemCall(
    "sched_setparam",
    { pid: kind.int, parameter: kind.pointer },
    (call, args) => {
      threadOf(call, args.pid);
      if (call.guest.readI32(args.parameter) !== 0) throw new LinuxError("EINVAL");
      return 0;
    },
    ignored,
  ),
  systemCall(
    "sched_get_priority_max",
    { policy: kind.choice(policies) },
    (_call, { policy }) => priorityRange(policy)[1],
  ),
  systemCall(
    "sched_get_priority_min",
    { policy: kind.choice(policies) },
    (_call, { policy }) => priorityRange(policy)[0],
  ),
  systemCall(
    "sched_rr_get_interval",
    { pid: kind.int, interval: kind.pointer },
    (call, { pid, interval }) => {
      threadOf(call, pid);
      call.guest.writeStruct(timespecStruct, interval, timespecOf(QUANTUM_NANOS));
      return 0;
    },
  ),
  systemCall("getpriority", priorityArguments, (call, args) => {
    const found = prioritised(call, args.which, args.who);
    // The kernel's answer is 20 - nice, so that it is never negative.
    return 20 - Math.min(...found.map(({ niceness }) => niceness));
  }),
  systemCall(
    "setpriority",
    { ...priorityArguments, niceness: kind.int },
    (call, args) => {
      const niceness = Math.max(-20, Math.min(19, args.niceness));
      for (const process of prioritised(call, args.which, args.who)) {
        if (niceness < process.niceness && call.process.identity.effectiveUid !== 0) {
          throw new LinuxError("EACCES");
        }
        process.niceness = niceness;
      }
      return 0;
    },
    { support: "partial", note: "Kept and reported, without effect." },
  ),
  systemCall(
    "getcpu",
    { cpu: kind.pointer, node: kind.pointer, cache: kind.pointer },
    (call, { cpu, node }) => {
      if (cpu !== 0) call.guest.writeU32(cpu, 0);
      if (node !== 0) call.guest.writeU32(node, 0);
      return 0;
    },
  ),
];
