/**
 * Signals: actions, masks, sending, waiting.
 * @see sigaction(2), sigprocmask(2), kill(2), sigaltstack(2), sigsuspend(2), sigtimedwait(2)
 */
import {
  MAX_SIGNAL,
  SIG_DFL,
  SIG_IGN,
  signalActionFlags,
  signalCode,
  signalName,
  signals,
} from "../constants/signals.ts";
import { LinuxError } from "../errno.ts";
import { struct } from "../layout/struct.ts";
import { readTimespec } from "../layout/time-structures.ts";
import type { Process } from "../process/process.ts";
import type { AlternateStack } from "../process/thread.ts";
import { noAlternateStack } from "../process/thread.ts";
import type { SignalAction } from "../signals/actions.ts";
import { forceSignal } from "../signals/deliver.ts";
import {
  isOnStack,
  popSignalFrame,
  SS_DISABLE,
  SS_ONSTACK,
  stackStruct,
} from "../signals/frame.ts";
import { signalProcess, signalThread } from "../signals/send.ts";
import type { SignalInfo } from "../signals/signal-info.ts";
import { decodeQueuedInfo, encodeSignalInfo, SIGNAL_INFO_BYTES } from "../signals/signal-info.ts";
import { signalSet, signalsIn, unblockable } from "../signals/signal-set.ts";
import { flagsText, pointerText } from "../strace/text.ts";
import type { FormatContext, SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";
import type { Outcome, SystemCall } from "./system-call.ts";
import { NO_RESULT } from "./system-call.ts";

const SIGSET_BYTES = 8;

// With and without sa_restorer; the mask is an array of longs, here one 64-bit value.
const actionStruct = struct({ handler: "bits", flags: "word", mask: "u64" });
const actionStructRestorer = struct({
  handler: "bits",
  flags: "word",
  restorer: "bits",
  mask: "u64",
});
// The mask is aligned as a long, not as a 64-bit integer: 32-bit guests have it right behind.
const actionStruct32 = struct({ handler: "bits", flags: "word", low: "u32", high: "u32" });
const actionStruct32Restorer = struct({
  handler: "bits",
  flags: "word",
  restorer: "bits",
  low: "u32",
  high: "u32",
});

function readAction(call: SystemCall, address: number): SignalAction {
  const { guest, kernel } = call;
  const { hasRestorer } = kernel.binding;
  if (guest.model.wordBytes === 8) {
    const raw = hasRestorer
      ? guest.readStruct(actionStructRestorer, address)
      : { restorer: 0n, ...guest.readStruct(actionStruct, address) };
    return { ...raw, mask: raw.mask & ~unblockable };
  }
  const raw = hasRestorer
    ? guest.readStruct(actionStruct32Restorer, address)
    : { restorer: 0n, ...guest.readStruct(actionStruct32, address) };
  const mask = (BigInt(raw.high) << 32n) | BigInt(raw.low);
  return {
    handler: raw.handler,
    flags: raw.flags,
    restorer: raw.restorer,
    mask: mask & ~unblockable,
  };
}

function writeAction(call: SystemCall, address: number, action: SignalAction): void {
  const { guest, kernel } = call;
  const { hasRestorer } = kernel.binding;
  if (guest.model.wordBytes === 8) {
    if (hasRestorer) guest.writeStruct(actionStructRestorer, address, action);
    else guest.writeStruct(actionStruct, address, action);
    return;
  }
  const value = {
    handler: action.handler,
    flags: action.flags,
    restorer: action.restorer,
    low: action.mask & 0xffff_ffffn,
    high: action.mask >> 32n,
  };
  if (hasRestorer) guest.writeStruct(actionStruct32Restorer, address, value);
  else guest.writeStruct(actionStruct32, address, value);
}

function checkSetSize(size: number): void {
  if (size !== SIGSET_BYTES) throw new LinuxError("EINVAL");
}

function checkSignal(signal: number): void {
  if (signal < 0 || signal > MAX_SIGNAL) throw new LinuxError("EINVAL");
}

function sigaction(
  call: SystemCall,
  args: { signal: number; action: number; old: number; size: number },
): number {
  checkSetSize(args.size);
  const { actions } = call.process;
  if (args.signal < 1 || args.signal > MAX_SIGNAL) throw new LinuxError("EINVAL");
  const isFixed = args.signal === signals.SIGKILL || args.signal === signals.SIGSTOP;
  if (isFixed && args.action !== 0) throw new LinuxError("EINVAL");
  const before = actions.get(args.signal);
  if (args.action !== 0) {
    actions.set(args.signal, readAction(call, args.action));
    if (actions.isIgnored(args.signal)) {
      // What is pending and ignored from now on is dropped, blocked or not.
      call.process.pending.remove(signalSet(args.signal));
      for (const thread of call.process.threads.values()) {
        thread.pending.remove(signalSet(args.signal));
      }
    }
  }
  if (args.old !== 0) writeAction(call, args.old, before);
  return 0;
}

const maskChanges = { SIG_BLOCK: 0, SIG_UNBLOCK: 1, SIG_SETMASK: 2 } as const;

function sigprocmask(
  call: SystemCall,
  args: { how: number; set: number; old: number; size: number },
): number {
  checkSetSize(args.size);
  const { thread, guest } = call;
  const before = thread.mask;
  if (args.set !== 0) {
    const set = guest.readU64(args.set) & ~unblockable;
    if (args.how === maskChanges.SIG_BLOCK) thread.mask |= set;
    else if (args.how === maskChanges.SIG_UNBLOCK) thread.mask &= ~set;
    else if (args.how === maskChanges.SIG_SETMASK) thread.mask = set;
    else throw new LinuxError("EINVAL");
  }
  if (args.old !== 0) guest.writeU64(args.old, before);
  return 0;
}

function senderInfo(call: SystemCall, signal: number, code: number): SignalInfo {
  const { process } = call;
  return { kind: "sender", signal, code, pid: process.pid, uid: process.identity.uid };
}

/** Whether the caller may signal a process. @see kill(2) */
function maySignal(call: SystemCall, target: Process, signal: number): boolean {
  const { identity, session } = call.process;
  const { uid, savedUid } = target.identity;
  return (
    identity.effectiveUid === 0 ||
    target === call.process ||
    (signal === signals.SIGCONT && target.session === session) ||
    [uid, savedUid].some((id) => id === identity.uid || id === identity.effectiveUid)
  );
}

function targets(call: SystemCall, pid: number): Process[] {
  const { kernel, process } = call;
  if (pid > 0) {
    const target = kernel.processes.get(pid);
    return target === undefined ? [] : [target];
  }
  if (pid === -1) {
    return [...kernel.processes.values()].filter(
      (other) => other !== process && other !== kernel.init,
    );
  }
  const group = pid === 0 ? process.group : -pid;
  return [...kernel.processes.values()].filter((other) => other.group === group);
}

function kill(call: SystemCall, pid: number, signal: number): number {
  checkSignal(signal);
  const found = targets(call, pid);
  if (found.length === 0) throw new LinuxError("ESRCH");
  const allowed = found.filter((target) => maySignal(call, target, signal));
  if (allowed.length === 0) throw new LinuxError("EPERM");
  if (signal === 0) return 0;
  for (const target of allowed) {
    signalProcess(target, senderInfo(call, signal, signalCode.SI_USER));
  }
  return 0;
}

function threadKill(
  call: SystemCall,
  group: number | undefined,
  tid: number,
  info: (signal: number) => SignalInfo,
  signal: number,
): number {
  if (tid <= 0 || (group !== undefined && group <= 0)) throw new LinuxError("EINVAL");
  checkSignal(signal);
  const thread = call.kernel.threads.get(tid);
  if (thread === undefined || (group !== undefined && thread.process.pid !== group)) {
    throw new LinuxError("ESRCH");
  }
  if (!maySignal(call, thread.process, signal)) throw new LinuxError("EPERM");
  if (signal !== 0) signalThread(thread, info(signal));
  return 0;
}

function queuedInfo(
  call: SystemCall,
  address: number,
  isSelf: boolean,
): (signal: number) => SignalInfo {
  const { guest } = call;
  const { code, pid, uid, value } = decodeQueuedInfo(
    guest.model,
    guest.read(address, SIGNAL_INFO_BYTES),
  );
  // Only the kernel's own codes are kept from others.
  if ((code >= 0 || code === signalCode.SI_TKILL) && !isSelf) throw new LinuxError("EPERM");
  return (signal) => ({ kind: "value", signal, code, pid, uid, value });
}

const MINIMUM_STACK_BYTES = 2048;
const SS_AUTODISARM = 0x8000_0000;

function sigaltstack(call: SystemCall, next: number, old: number): number {
  const { guest, thread, kernel } = call;
  const { alternateStack: current } = thread;
  const stackPointer = Number(kernel.binding.getStackPointer(thread.cpu));
  const isInUse = isOnStack(current, stackPointer);
  let wanted: AlternateStack | undefined;
  if (next !== 0) {
    const stack = guest.readStruct(stackStruct, next);
    const mode = stack.flags & ~SS_AUTODISARM;
    if (isInUse) throw new LinuxError("EPERM");
    if (mode !== 0 && mode !== SS_DISABLE && mode !== SS_ONSTACK) throw new LinuxError("EINVAL");
    if (mode === SS_DISABLE) wanted = noAlternateStack;
    else if (stack.sizeBytes < MINIMUM_STACK_BYTES) throw new LinuxError("ENOMEM");
    else wanted = { address: stack.address, sizeBytes: stack.sizeBytes, flags: 0 };
  }
  if (old !== 0) {
    guest.writeStruct(stackStruct, old, {
      address: current.address,
      flags: current.sizeBytes === 0 ? SS_DISABLE : isInUse ? SS_ONSTACK : 0,
      sizeBytes: current.sizeBytes,
    });
  }
  if (wanted !== undefined) thread.alternateStack = wanted;
  return 0;
}

function sigsuspend(call: SystemCall, address: number, size: number): Outcome {
  checkSetSize(size);
  const { thread, guest } = call;
  const mask = guest.readU64(address) & ~unblockable;
  call.memo(() => {
    thread.maskToRestore = thread.mask;
    thread.mask = mask;
    return true;
  });
  return call.block({ interruption: "interrupt" });
}

function sigtimedwait(
  call: SystemCall,
  args: { set: number; info: number; timeout: number; size: number },
): Outcome {
  checkSetSize(args.size);
  const { guest, thread, kernel, process } = call;
  const set = guest.readU64(args.set) & ~unblockable;
  const until = call.memo(() => {
    const nanos = readTimespec(guest, args.timeout);
    return nanos === undefined ? undefined : kernel.now() + nanos;
  });
  if (args.info !== 0) guest.accessible(args.info, SIGNAL_INFO_BYTES, "write");
  const info = thread.pending.take(set) ?? process.pending.take(set);
  if (info !== undefined) {
    if (args.info !== 0) guest.write(args.info, encodeSignalInfo(guest.model, info));
    return info.signal;
  }
  if (until !== undefined && kernel.now() >= until) throw new LinuxError("EAGAIN");
  return call.block({
    on: [process.signalArrival],
    untilNanos: until,
    interruption: "interrupt",
  });
}

function setText(address: number, { call }: FormatContext): string {
  if (address === 0) return "NULL";
  try {
    const set = call.guest.readU64(address);
    const isMostlyFull = signalsIn(set).length > 32;
    const names = signalsIn(isMostlyFull ? ~set : set).map((n) =>
      signalName(n).replace(/^SIG/, ""),
    );
    return `${isMostlyFull ? "~" : ""}[${names.join(" ")}]`;
  } catch {
    return pointerText(address);
  }
}

const signalSetIn = { decode: kind.pointer.decode, format: setText };
const signalSetOut = {
  decode: kind.pointer.decode,
  isOutput: true,
  format: (address: number, context: FormatContext) =>
    context.result === undefined || context.result < 0
      ? pointerText(address)
      : setText(address, context),
};
const actionArgument = (isOutput: boolean): typeof signalSetOut => ({
  decode: kind.pointer.decode,
  isOutput,
  format: (address: number, { call, result }: FormatContext) => {
    if (address === 0) return "NULL";
    if (isOutput && (result === undefined || result < 0)) return pointerText(address);
    try {
      const { handler, flags, mask } = readAction(call, address);
      const special = handler === SIG_DFL ? "SIG_DFL" : handler === SIG_IGN ? "SIG_IGN" : undefined;
      const names = signalsIn(mask).map((n) => signalName(n).replace(/^SIG/, ""));
      const shown = special ?? `0x${handler.toString(16)}`;
      return `{sa_handler=${shown}, sa_mask=[${names.join(" ")}], sa_flags=${flagsText(flags, signalActionFlags)}}`;
    } catch {
      return pointerText(address);
    }
  },
});

/** The rows of this family. */
export const signalCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "rt_sigaction",
    {
      signal: kind.signal,
      action: actionArgument(false),
      old: actionArgument(true),
      size: kind.size,
    },
    (call, args) => sigaction(call, args),
  ),
  systemCall(
    "rt_sigprocmask",
    { how: kind.choice(maskChanges), set: signalSetIn, old: signalSetOut, size: kind.size },
    (call, args) => sigprocmask(call, args),
  ),
  systemCall("rt_sigpending", { set: signalSetOut, size: kind.size }, (call, { set, size }) => {
    if (size > SIGSET_BYTES) throw new LinuxError("EINVAL");
    const { thread, process } = call;
    const pending = (thread.pending.set | process.pending.set) & thread.mask;
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, pending, call.guest.model.littleEndian);
    call.guest.write(set, bytes.subarray(0, size));
    return 0;
  }),
  systemCall("rt_sigsuspend", { mask: signalSetIn, size: kind.size }, (call, { mask, size }) =>
    sigsuspend(call, mask, size),
  ),
  systemCall(
    "rt_sigtimedwait",
    { set: signalSetIn, info: kind.pointer, timeout: kind.pointer, size: kind.size },
    (call, args) => sigtimedwait(call, args),
  ),
  systemCall("rt_sigreturn", {}, (call) => {
    if (!popSignalFrame(call.kernel, call.thread)) {
      forceSignal(call.thread, {
        kind: "plain",
        signal: signals.SIGSEGV,
        code: signalCode.SI_KERNEL,
      });
    }
    return NO_RESULT;
  }),
  systemCall(
    "sigaltstack",
    { next: kind.pointer, old: kind.pointer },
    (call, { next, old }) => sigaltstack(call, next, old),
    { support: "partial", note: "SS_AUTODISARM is accepted without effect." },
  ),
  systemCall("kill", { pid: kind.int, signal: kind.signal }, (call, { pid, signal }) =>
    kill(call, pid, signal),
  ),
  systemCall("tkill", { tid: kind.int, signal: kind.signal }, (call, { tid, signal }) =>
    threadKill(
      call,
      undefined,
      tid,
      (number) => senderInfo(call, number, signalCode.SI_TKILL),
      signal,
    ),
  ),
  systemCall(
    "tgkill",
    { pid: kind.int, tid: kind.int, signal: kind.signal },
    (call, { pid, tid, signal }) =>
      threadKill(call, pid, tid, (number) => senderInfo(call, number, signalCode.SI_TKILL), signal),
  ),
  systemCall(
    "rt_sigqueueinfo",
    { pid: kind.int, signal: kind.signal, info: kind.pointer },
    (call, { pid, signal, info }) => {
      checkSignal(signal);
      const target = call.kernel.processes.get(pid);
      const make = queuedInfo(call, info, target === call.process);
      if (target === undefined) throw new LinuxError("ESRCH");
      if (!maySignal(call, target, signal)) throw new LinuxError("EPERM");
      if (signal !== 0) signalProcess(target, make(signal));
      return 0;
    },
  ),
  systemCall(
    "rt_tgsigqueueinfo",
    { pid: kind.int, tid: kind.int, signal: kind.signal, info: kind.pointer },
    (call, { pid, tid, signal, info }) => {
      const make = queuedInfo(call, info, pid === call.process.pid);
      return threadKill(call, pid, tid, make, signal);
    },
  ),
];
