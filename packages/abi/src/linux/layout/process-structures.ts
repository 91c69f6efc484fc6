/**
 * Structures of the process calls.
 * @see getrusage(2), clone(2), getrlimit(2)
 */
import type { Usage } from "../process/process.ts";
import type { DataModel, Struct } from "./struct.ts";
import { struct } from "./struct.ts";
import { timevalOf, timevalStruct } from "./time-structures.ts";

const rusageMembers = {
  userTime: timevalStruct as typeof timevalStruct,
  systemTime: timevalStruct as typeof timevalStruct,
  maxResidentKibibytes: "long",
  sharedText: "long",
  unsharedData: "long",
  unsharedStack: "long",
  minorFaults: "long",
  majorFaults: "long",
  swaps: "long",
  blocksIn: "long",
  blocksOut: "long",
  messagesSent: "long",
  messagesReceived: "long",
  signals: "long",
  voluntarySwitches: "long",
  involuntarySwitches: "long",
} as const;
/** `struct rusage`: longs throughout, also for the times. */
export const rusageStruct: Struct<typeof rusageMembers> = struct(rusageMembers);

/** The guest's `struct rusage`. */
export function encodeUsage(model: DataModel, usage: Usage): Uint8Array {
  return rusageStruct.encode(model, {
    userTime: timevalOf(usage.userNanos),
    maxResidentKibibytes: Math.ceil(usage.maxResidentBytes / 1024),
    minorFaults: usage.minorFaults,
  });
}

const cloneArgsMembers = {
  flags: "u64",
  pidfd: "u64",
  childTid: "u64",
  parentTid: "u64",
  exitSignal: "u64",
  stack: "u64",
  stackBytes: "u64",
  tls: "u64",
} as const;
/** `struct clone_args`, its first version (64 bytes). */
export const cloneArgsStruct: Struct<typeof cloneArgsMembers> = struct(cloneArgsMembers);

const rlimitMembers = { soft: "bits", hard: "bits" } as const;
/** `struct rlimit`: longs. */
export const rlimitStruct: Struct<typeof rlimitMembers> = struct(rlimitMembers);
const rlimit64Members = { soft: "u64", hard: "u64" } as const;
/** `struct rlimit64`. */
export const rlimit64Struct: Struct<typeof rlimit64Members> = struct(rlimit64Members);
