/** Why a guest stopped, as an answer. @see Debugging with GDB, E.3 (Stop Reply Packets) */
import type { DebugEnd, DebugStop } from "../debug-target.ts";
import type { Conversation } from "./conversation.ts";
import { remoteSignals } from "./signals.ts";

/** The answer for a guest that stands still. */
export function stopReply(
  { target, understood }: Pick<Conversation, "target" | "understood">,
  stop: DebugStop,
): string {
  const thread = `thread:${target.currentThread().toString(16)};`;
  return `T${byteText(signalOf(stop))}${thread}${reasonOf(stop, understood)}`;
}

function reasonOf(stop: DebugStop, understood: ReadonlySet<string>): string {
  if (stop.kind === "watchpoint") return `watch:${stop.address.toString(16)};`;
  // The program counter is where the breakpoint is: debuggers adjust it for some ISAs otherwise.
  return stop.kind === "breakpoint" && understood.has("swbreak") ? "swbreak:;" : "";
}

/** The answer for a guest that has ended. */
export function endReply(end: DebugEnd): string {
  return end.kind === "exited" ? `W${byteText(end.code)}` : `X${byteText(end.signal)}`;
}

function signalOf(stop: DebugStop): number {
  if (stop.kind === "signal") return stop.signal;
  return stop.kind === "interrupt" ? remoteSignals.SIGINT : remoteSignals.SIGTRAP;
}

function byteText(value: number): string {
  return (value & 0xff).toString(16).padStart(2, "0");
}
