/**
 * Stopping and continuing processes, and telling the parent: job control.
 * @see wait(2), "WUNTRACED"; setpgid(2); credentials(7)
 */
import { signalActionFlags, signalCode, signals } from "../constants/signals.ts";
import type { Kernel } from "../kernel.ts";
import { postToProcess } from "../signals/post.ts";
import type { Process } from "./process.ts";

/** Stops all threads of a process. */
export function stopProcess(process: Process, signal: number): void {
  if (process.stoppedBy !== undefined || process.exit !== undefined) return;
  process.stoppedBy = signal;
  process.unreported = "stopped";
  notify(process, signalCode.CLD_STOPPED, signal);
}

/** Lets a stopped process run again. `report`: the parent may hear of it (SIGCONT, not SIGKILL). */
export function continueProcess(process: Process, report: boolean): void {
  if (process.stoppedBy === undefined) return;
  process.stoppedBy = undefined;
  process.unreported = report ? "continued" : undefined;
  for (const thread of process.threads.values()) thread.wake();
  if (report) notify(process, signalCode.CLD_CONTINUED, signals.SIGCONT);
}

/**
 * Whether a group has no member whose parent is in another group of the same session: nobody
 * could continue it, so terminal stop signals don't stop it.
 */
export function isOrphanedGroup(kernel: Kernel, process: Process): boolean {
  for (const member of kernel.groupMembers(process.group)) {
    const { parent } = member;
    if (parent === undefined || parent.zombie) continue;
    if (parent.session === member.session && parent.group !== member.group) return false;
  }
  return true;
}

function notify(process: Process, code: number, status: number): void {
  const { parent } = process;
  if (parent === undefined || parent.zombie) return;
  const { flags } = parent.actions.get(signals.SIGCHLD);
  if ((flags & signalActionFlags.SA_NOCLDSTOP) === 0) {
    postToProcess(parent, {
      kind: "child",
      signal: signals.SIGCHLD,
      code,
      pid: process.pid,
      uid: process.identity.uid,
      status,
      userTicks: 0,
      systemTicks: 0,
    });
  }
  parent.childChange.wake();
}
