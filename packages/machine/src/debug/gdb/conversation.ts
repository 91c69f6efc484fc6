/** What a stub knows while a debugger is connected, and how it answers: for its commands. */
import type { DebuggerRegister } from "@isovm/isa-spec";
import type { DebugStop, DebugTarget } from "../debug-target.ts";
import type { Watchpoints } from "../watchpoints.ts";

/** A connected debugger. */
export interface Conversation {
  readonly target: DebugTarget;
  /** All registers by number. */
  readonly registers: readonly DebuggerRegister[];
  readonly watchpoints: Watchpoints;
  /** Why the guest stands still. */
  readonly stop: DebugStop;
  /** What the debugger says that it understands. */
  readonly understood: Set<string>;
  /** The thread that registers and memory are asked of; 0 for the one that stopped. */
  thread: number;
  /** The thread that `s` steps; 0 for the one that stopped. */
  stepped: number;
  /** Whether packets are acknowledged. */
  acknowledges: boolean;
  /** Has the guest go on, or execute one instruction of a thread. */
  run(step: number | undefined, ignoresSignal: boolean): void;
  /** Lets the guest go on without a debugger. */
  detach(): void;
  /** Ends the guest. */
  kill(): void;
}

/** An answer as text (each character a byte) or bytes; undefined if there is none, or none yet. */
export type Answer = string | Uint8Array | undefined;

/** Does what a command says; `argument` is the rest of the packet, each character a byte. */
export type Command = (conversation: Conversation, argument: string) => Answer;

/** Commands by their names. */
export type Commands = Readonly<Record<string, Command>>;

/** Answers. Numbers of errors have no meaning in the protocol; these are Linux's. */
export const answers = {
  ok: "OK",
  noSuchThread: "E03",
  noMemory: "E14",
  invalid: "E22",
  /** The command isn't known. */
  unsupported: "",
} as const;

/** The thread that registers and memory are asked of. */
export function chosenThread({ thread, target }: Conversation): number {
  return thread > 0 ? thread : target.currentThread();
}

/** Whether there is a thread of that number. */
export function hasThread({ target }: Conversation, id: number): boolean {
  return target.threads().some((thread) => thread.id === id);
}
