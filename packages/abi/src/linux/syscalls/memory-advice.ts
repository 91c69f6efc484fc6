/**
 * What programs tell the kernel about memory that is mapped: advice, synchronisation, locking.
 * @see madvise(2), msync(2), mincore(2), mlock(2), membarrier(2)
 */
import { PAGE_SIZE } from "../address-space.ts";
import { advice as advices } from "../constants/memory.ts";
import { LinuxError } from "../errno.ts";
import type { MemoryImage } from "../memory/memory-image.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import { checkRange, regionsIn } from "./memory-ranges.ts";
import { checkFlags } from "./support.ts";
import type { SystemCall } from "./system-call.ts";

const ignoredAdvice: ReadonlySet<number> = new Set([
  advices.MADV_NORMAL,
  advices.MADV_RANDOM,
  advices.MADV_SEQUENTIAL,
  advices.MADV_WILLNEED,
  advices.MADV_FREE,
  advices.MADV_DOFORK,
  advices.MADV_MERGEABLE,
  advices.MADV_UNMERGEABLE,
  advices.MADV_HUGEPAGE,
  advices.MADV_NOHUGEPAGE,
  advices.MADV_DONTDUMP,
  advices.MADV_DODUMP,
  advices.MADV_KEEPONFORK,
  advices.MADV_COLD,
  advices.MADV_PAGEOUT,
  advices.MADV_POPULATE_READ,
  advices.MADV_POPULATE_WRITE,
  advices.MADV_COLLAPSE,
]);

function madvise(call: SystemCall, start: number, length: number, what: number): number {
  const { memory } = call.process;
  if (what !== advices.MADV_DONTNEED && !ignoredAdvice.has(what)) throw new LinuxError("EINVAL");
  const whole = checkRange(memory, start, length, "EINVAL");
  if (whole === 0) return 0;
  if (what === advices.MADV_DONTNEED) memory.space.discard(start, whole);
  demandMapped(memory, start, whole);
  return 0;
}

function demandMapped(memory: MemoryImage, start: number, length: number): void {
  let at = start;
  for (const region of regionsIn(memory, start, length)) at = region.end;
  if (at < start + length) throw new LinuxError("ENOMEM");
}

function mincore(call: SystemCall, start: number, length: number, vector: number): number {
  const { memory } = call.process;
  const whole = checkRange(memory, start, length, "ENOMEM");
  demandMapped(memory, start, whole);
  const count = whole / PAGE_SIZE;
  // One byte a page; a hostile length ends at the first byte that cannot be written.
  if (call.guest.accessible(vector, count, "write") < count) throw new LinuxError("EFAULT");
  const CHUNK = 1 << 16;
  for (let at = 0; at < count; at += CHUNK) {
    call.guest.write(vector + at, new Uint8Array(Math.min(CHUNK, count - at)).fill(1));
  }
  return 0;
}

const range = { start: kind.pointer, length: kind.size };
const locking = { support: "stub", note: "Guest memory is never swapped." } as const;

const MEMBARRIER_CMD_QUERY = 0;
// Every command but "get registrations".
const MEMBARRIER_COMMANDS = 0x1ff;

/** The rows of this family that say something about memory. */
export const memoryAdviceCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "madvise",
    { ...range, advice: kind.choice(advices) },
    (call, { start, length, advice }) => madvise(call, start, length, advice),
    {
      support: "partial",
      note: "MADV_DONTNEED acts; MADV_REMOVE, DONTFORK and WIPEONFORK are refused; other advice is ignored.",
    },
  ),
  systemCall(
    "msync",
    { ...range, flags: kind.flags({ MS_ASYNC: 1, MS_INVALIDATE: 2, MS_SYNC: 4 }) },
    (call, { start, length, flags }) => {
      checkFlags(flags, 7);
      if ((flags & 5) === 5) throw new LinuxError("EINVAL");
      const { memory } = call.process;
      const whole = checkRange(memory, start, length, "ENOMEM");
      memory.space.sync(start, whole);
      demandMapped(memory, start, whole);
      return 0;
    },
  ),
  systemCall(
    "mincore",
    { ...range, vector: kind.pointer },
    (call, { start, length, vector }) => mincore(call, start, length, vector),
    { support: "partial", note: "Every mapped page counts as resident." },
  ),
  systemCall("mlock", range, () => 0, locking),
  systemCall("mlock2", { ...range, flags: kind.hexUint }, () => 0, locking),
  systemCall("munlock", range, () => 0, locking),
  systemCall("mlockall", { flags: kind.hexUint }, () => 0, locking),
  systemCall("munlockall", {}, () => 0, locking),
  systemCall(
    "membarrier",
    { command: kind.int, flags: kind.hexUint, cpu: kind.int },
    (_call, { command, flags }) => {
      if (flags !== 0 && command === MEMBARRIER_CMD_QUERY) throw new LinuxError("EINVAL");
      if (command === MEMBARRIER_CMD_QUERY) return MEMBARRIER_COMMANDS;
      const isOne = command > 0 && (command & (command - 1)) === 0;
      if (!isOne || (command & ~MEMBARRIER_COMMANDS) !== 0) throw new LinuxError("EINVAL");
      return 0;
    },
    { note: "Threads take turns on one host thread, so every point is a barrier." },
  ),
];
