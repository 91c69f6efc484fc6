/**
 * Threads and futexes.
 * @see futex(2), set_tid_address(2), get_robust_list(2)
 */

import { clocks } from "../constants/clocks.ts";
import { LinuxError } from "../errno.ts";
import { FUTEX_BITSET_MATCH_ANY } from "../futex.ts";
import { readTimespec } from "../layout/time-structures.ts";
import { monotonicFrom } from "../time/clocks.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import type { Outcome, SystemCall } from "./system-call.ts";

const operations = {
  FUTEX_WAIT: 0,
  FUTEX_WAKE: 1,
  FUTEX_REQUEUE: 3,
  FUTEX_CMP_REQUEUE: 4,
  FUTEX_WAKE_OP: 5,
  FUTEX_WAIT_BITSET: 9,
  FUTEX_WAKE_BITSET: 10,
} as const;
const FUTEX_PRIVATE_FLAG = 128;
const FUTEX_CLOCK_REALTIME = 256;

interface FutexArguments {
  readonly address: number;
  readonly operation: number;
  readonly value: number;
  readonly timeout: number;
  readonly address2: number;
  readonly value3: number;
}

function wait(
  call: SystemCall,
  args: FutexArguments,
  bitset: number,
  isAbsolute: boolean,
): Outcome {
  const { kernel, guest, process } = call;
  if (bitset === 0) throw new LinuxError("EINVAL");
  const isRealtime = (args.operation & FUTEX_CLOCK_REALTIME) !== 0;
  const state = call.memo(() => {
    const nanos = readTimespec(guest, args.timeout);
    const clock = isRealtime ? clocks.CLOCK_REALTIME : clocks.CLOCK_MONOTONIC;
    const until = nanos === undefined ? undefined : monotonicFrom(kernel, clock, nanos, isAbsolute);
    if (guest.readU32(args.address) !== args.value >>> 0) throw new LinuxError("EAGAIN");
    return { until, waiter: kernel.futexes.wait(process.memory, args.address, bitset) };
  });
  const { until, waiter } = state;
  if (waiter.woken) return 0;
  if (until !== undefined && kernel.now() >= until) {
    kernel.futexes.remove(waiter);
    throw new LinuxError("ETIMEDOUT");
  }
  return call.block({
    on: [waiter.queue],
    untilNanos: until,
    interruption: until === undefined ? "restart" : "interrupt",
    cancel: () => kernel.futexes.remove(waiter),
  });
}

/** FUTEX_WAKE_OP: changes the second word, and wakes its waiters too if its old value compares. */
function wakeOperation(call: SystemCall, args: FutexArguments): number {
  const { guest, kernel, process } = call;
  const encoded = args.value3;
  const operation = (encoded >>> 28) & 7;
  const shifts = (encoded & 0x8000_0000) !== 0;
  const comparison = (encoded >>> 24) & 15;
  const rawOperand = (((encoded >>> 12) & 0xfff) << 20) >> 20;
  const operand = shifts ? 1 << (rawOperand & 31) : rawOperand;
  const against = ((encoded & 0xfff) << 20) >> 20;
  const old = guest.readU32(args.address2) | 0;
  const results = [operand, old + operand, old | operand, old & ~operand, old ^ operand];
  const changed = results[operation];
  if (changed === undefined) throw new LinuxError("ENOSYS");
  guest.writeU32(args.address2, changed >>> 0);
  const comparisons = [
    old === against,
    old !== against,
    old < against,
    old <= against,
    old > against,
    old >= against,
  ];
  const holds = comparisons[comparison];
  if (holds === undefined) throw new LinuxError("ENOSYS");
  let woken = kernel.futexes.wake(process.memory, args.address, args.value | 0);
  if (holds) woken += kernel.futexes.wake(process.memory, args.address2, args.timeout | 0);
  return woken;
}

function futex(call: SystemCall, args: FutexArguments): Outcome {
  const { kernel, guest, process } = call;
  if (args.address % 4 !== 0) throw new LinuxError("EINVAL");
  const count = args.value | 0;
  // For these operations the timeout's register holds a count.
  const count2 = Math.min(args.timeout, 0x7fff_ffff);
  switch (args.operation & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)) {
    case operations.FUTEX_WAIT:
      return wait(call, args, FUTEX_BITSET_MATCH_ANY, false);
    case operations.FUTEX_WAIT_BITSET:
      return wait(call, args, args.value3, true);
    case operations.FUTEX_WAKE:
      guest.accessible(args.address, 4, "read");
      // As in Linux, one waiter is woken even if none was asked for.
      return kernel.futexes.wake(process.memory, args.address, Math.max(1, count));
    case operations.FUTEX_WAKE_BITSET:
      if (args.value3 === 0) throw new LinuxError("EINVAL");
      guest.accessible(args.address, 4, "read");
      return kernel.futexes.wake(process.memory, args.address, Math.max(1, count), args.value3);
    case operations.FUTEX_CMP_REQUEUE:
      if (guest.readU32(args.address) !== args.value3) throw new LinuxError("EAGAIN");
      return requeue(call, args, count, count2, true);
    case operations.FUTEX_REQUEUE:
      return requeue(call, args, count, count2, false);
    case operations.FUTEX_WAKE_OP:
      return wakeOperation(call, args);
    default:
      throw new LinuxError("ENOSYS");
  }
}

function requeue(
  call: SystemCall,
  args: FutexArguments,
  wakes: number,
  moves: number,
  countsMoved: boolean,
): number {
  if (wakes < 0 || moves < 0) throw new LinuxError("EINVAL");
  if (args.address2 % 4 !== 0) throw new LinuxError("EINVAL");
  call.guest.accessible(args.address2, 4, "read");
  const { futexes } = call.kernel;
  const { memory } = call.process;
  const woken = futexes.wake(memory, args.address, wakes);
  const moved = futexes.requeue(memory, args.address, args.address2, moves);
  return countsMoved ? woken + moved : woken;
}

/** The rows of this family. */
export const threadCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "futex",
    {
      address: kind.pointer,
      operation: {
        decode: kind.uint.decode,
        format: (value: number) => operationText(value),
      },
      value: kind.uint,
      timeout: kind.pointer,
      address2: kind.pointer,
      value3: kind.uint,
    },
    (call, args) => futex(call, args),
    {
      support: "partial",
      note: "No priority inheritance (FUTEX_LOCK_PI and relatives).",
      shown: ({ operation }) => argumentCount(operation),
    },
  ),
  systemCall("set_tid_address", { address: kind.pointer }, (call, { address }) => {
    call.thread.clearChildTid = address;
    return call.thread.id;
  }),
  systemCall(
    "rseq",
    { area: kind.pointer, length: kind.uint, flags: kind.hexUint, signature: kind.hexUint },
    () => {
      throw new LinuxError("ENOSYS");
    },
    { support: "stub", note: "ENOSYS: C libraries do without restartable sequences then." },
  ),
  systemCall("gettid", {}, (call) => call.thread.id),
  systemCall(
    "set_robust_list",
    { head: kind.pointer, length: kind.size },
    (call, { head, length }) => {
      if (length !== 3 * call.guest.model.wordBytes) throw new LinuxError("EINVAL");
      call.thread.robustList = head;
      call.thread.robustListBytes = length;
      return 0;
    },
  ),
  systemCall(
    "get_robust_list",
    { pid: kind.int, head: kind.pointer, length: kind.pointer },
    (call, { pid, head, length }) => {
      const thread = pid === 0 ? call.thread : call.kernel.threads.get(pid);
      if (thread === undefined) throw new LinuxError("ESRCH");
      call.guest.writeWord(length, 3 * call.guest.model.wordBytes);
      call.guest.writeWord(head, thread.robustList);
      return 0;
    },
  ),
];

function argumentCount(operation: number): number {
  const plain = operation & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  if (plain === operations.FUTEX_WAKE) return 3;
  return plain === operations.FUTEX_WAIT ? 4 : 6;
}

function operationText(value: number): string {
  const plain = value & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
  const name =
    Object.entries(operations).find(([, number]) => number === plain)?.[0] ?? String(plain);
  const suffix = (value & FUTEX_PRIVATE_FLAG) !== 0 ? "_PRIVATE" : "";
  return `${name}${suffix}${(value & FUTEX_CLOCK_REALTIME) !== 0 ? "|FUTEX_CLOCK_REALTIME" : ""}`;
}
