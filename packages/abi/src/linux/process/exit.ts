/**
 * The end of threads and processes: zombies, orphans, and what the parent hears.
 * @see exit_group(2), wait(2), prctl(2) PR_SET_CHILD_SUBREAPER
 */
import {
  MAX_SIGNAL,
  SIG_IGN,
  signalActionFlags,
  signalCode,
  signals,
} from "../constants/signals.ts";
import { releaseRobustFutexes } from "../futex-robust.ts";
import type { Kernel } from "../kernel.ts";
import { signalGroup, signalProcess } from "../signals/send.ts";
import type { ExitCause, Process, Usage } from "./process.ts";
import { isOrphanedGroup } from "./stop.ts";
import type { Thread } from "./thread.ts";

/** Ends one thread; the process ends with its last thread. */
export function exitThread(kernel: Kernel, thread: Thread, cause: ExitCause): void {
  if (thread.dead) return;
  const { process } = thread;
  const isLast = process.threads.size === 1;
  kernel.dispatcher.abandon(thread);
  releaseRobustFutexes(kernel, thread);
  if (thread.clearChildTid !== 0 && process.memory.isShared) {
    clearTid(kernel, thread);
  }
  thread.dead = true;
  process.lastName = thread.name;
  process.threads.delete(thread.id);
  kernel.threads.delete(thread.id);
  thread.files.release();
  thread.cpu.dispose();
  if (isLast) {
    process.exit ??= cause;
    finish(kernel, process);
  } else {
    process.memory.release();
  }
}

/** Ends a process: all its threads at once. */
export function exitGroup(kernel: Kernel, process: Process, cause: ExitCause): void {
  if (process.exit !== undefined) return;
  process.exit = cause;
  for (const thread of [...process.threads.values()]) exitThread(kernel, thread, cause);
}

/** Removes a zombie and adds up its usage: what wait(2) does in the end. */
export function reap(kernel: Kernel, child: Process): void {
  const { parent } = child;
  if (parent !== undefined) {
    parent.children.delete(child);
    addUsage(parent.childUsage, child.usage);
    addUsage(parent.childUsage, child.childUsage);
  }
  kernel.processes.delete(child.pid);
}

/** Lets a vfork(2) parent go on, when the child needs its memory no more. */
export function releaseBorrowedMemory(process: Process): void {
  if (!process.borrowsMemory) return;
  process.borrowsMemory = false;
  process.released.wake();
}

function addUsage(sum: Usage, part: Usage): void {
  sum.userNanos += part.userNanos;
  sum.maxResidentBytes = Math.max(sum.maxResidentBytes, part.maxResidentBytes);
  sum.minorFaults += part.minorFaults;
}

// CLONE_CHILD_CLEARTID: only of use to those who still share the memory.
function clearTid(kernel: Kernel, thread: Thread): void {
  const { memory } = thread.process;
  try {
    memory.guest.writeU32(thread.clearChildTid, 0);
    kernel.futexes.wake(memory, thread.clearChildTid, 1);
  } catch {
    // A bad address is the program's own affair; the thread is gone anyway.
  }
}

function finish(kernel: Kernel, process: Process): void {
  process.timers?.disarm();
  process.usage.maxResidentBytes = Math.max(
    process.usage.maxResidentBytes,
    process.memory.space.residentBytes,
  );
  process.memory.release();
  releaseBorrowedMemory(process);
  kernel.locks.releaseProcess(process);
  leaveTerminal(kernel, process);
  adoptOrphans(kernel, process);
  process.stoppedBy = undefined;
  process.zombie = true;
  process.ended.wake();
  if (process.exit !== undefined) {
    kernel.observer.processExit?.({ pid: process.pid, cause: process.exit });
  }
  notifyParent(kernel, process);
}

function notifyParent(kernel: Kernel, process: Process): void {
  const { parent, exit, exitSignal } = process;
  if (parent === undefined) {
    if (process !== kernel.init) reap(kernel, process);
    return;
  }
  let isReaped = false;
  // clone(2) takes numbers that are no signals; as in Linux, nothing is sent then.
  if (exit !== undefined && exitSignal > 0 && exitSignal <= MAX_SIGNAL) {
    if (exitSignal === signals.SIGCHLD) {
      const { handler, flags } = parent.actions.get(signals.SIGCHLD);
      isReaped = handler === SIG_IGN || (flags & signalActionFlags.SA_NOCLDWAIT) !== 0;
    }
    signalProcess(parent, {
      kind: "child",
      signal: exitSignal,
      code:
        exit.kind === "exited"
          ? signalCode.CLD_EXITED
          : exit.core
            ? signalCode.CLD_DUMPED
            : signalCode.CLD_KILLED,
      pid: process.pid,
      uid: process.identity.uid,
      status: exit.kind === "exited" ? exit.code & 0xff : exit.signal,
      userTicks: Math.floor(process.usage.userNanos / 10_000_000),
      systemTicks: 0,
    });
  }
  if (isReaped) reap(kernel, process);
  parent.childChange.wake();
}

function adoptOrphans(kernel: Kernel, process: Process): void {
  const reaper = subreaper(process);
  for (const child of [...process.children]) {
    process.children.delete(child);
    child.parent = reaper;
    if (reaper !== undefined) reaper.children.add(child);
    if (child.parentDeathSignal !== 0) {
      signalProcess(child, {
        kind: "plain",
        signal: child.parentDeathSignal,
        code: signalCode.SI_USER,
      });
    }
    if (child.zombie) {
      if (reaper === undefined) reap(kernel, child);
      else reaper.childChange.wake();
    } else if (child.stoppedBy !== undefined && isOrphanedGroup(kernel, child)) {
      // A stopped job that nobody can continue any more is told so.
      signalProcess(child, { kind: "plain", signal: signals.SIGHUP, code: 0x80 });
      signalProcess(child, { kind: "plain", signal: signals.SIGCONT, code: 0x80 });
    }
  }
}

function subreaper(process: Process): Process | undefined {
  for (let at = process.parent; at !== undefined; at = at.parent) {
    if (at.isSubreaper && !at.zombie) return at;
  }
  return undefined;
}

// The end of a session's leader hangs up its terminal's foreground group.
function leaveTerminal(kernel: Kernel, process: Process): void {
  const { terminal } = kernel.standardFiles;
  if (process.pid !== process.session || terminal.session !== process.session) return;
  const group = terminal.foregroundGroup;
  terminal.session = 0;
  terminal.foregroundGroup = 0;
  if (group !== 0 && process !== kernel.init) {
    signalGroup(kernel, group, { kind: "plain", signal: signals.SIGHUP, code: 0x80 });
  }
}
