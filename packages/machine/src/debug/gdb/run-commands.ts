/**
 * Going on, stepping, ending. All threads go on when one does: that is how the guest's machine
 * schedules them, and what it executes is the same with a debugger and without.
 *
 * @see Debugging with GDB, E.2 (Packets)
 */
import {
  type Answer,
  answers,
  type Commands,
  type Conversation,
  hasThread,
} from "./conversation.ts";
import { lengthOfHex, numberOfHex } from "./hex.ts";
import { stopReply } from "./stop-reply.ts";
import { threadOf } from "./thread-commands.ts";

/** `?`, `c`, `C`, `s`, `S`, `vCont`, `D`, `k`, `vKill`. */
export const runCommands: Commands = {
  "?": (conversation) => stopReply(conversation, conversation.stop),
  c: (conversation, argument) => goOn(conversation, false, "0", argument),
  C: (conversation, argument) => goOn(conversation, false, ...signalAndAddress(argument)),
  s: (conversation, argument) => goOn(conversation, true, "0", argument),
  S: (conversation, argument) => goOn(conversation, true, ...signalAndAddress(argument)),
  "vCont?": () => "vCont;c;C;s;S",
  vCont: (conversation, argument) => resume(conversation, argument.split(";")),
  D(conversation) {
    conversation.detach();
    return answers.ok;
  },
  k(conversation) {
    conversation.kill();
    return undefined;
  },
  vKill(conversation) {
    conversation.kill();
    return answers.ok;
  },
};

/** `SIGNAL;ADDRESS` as two parts. */
function signalAndAddress(argument: string): readonly [signal: string, address: string] {
  const [signal = "", address = ""] = argument.split(";");
  return [signal, address];
}

/** Goes on at an address, if it is given, or where the guest stands. */
function goOn(
  conversation: Conversation,
  isStep: boolean,
  signal: string,
  address: string,
): Answer {
  const { target, registers, stepped } = conversation;
  const thread = stepped > 0 ? stepped : target.currentThread();
  if (address !== "") {
    const pc = numberOfHex(address);
    const register = registers.find(({ place }) => place.kind === "programCounter");
    if (pc === undefined || !register) return answers.invalid;
    target.writeRegister(thread, register, pc);
  }
  conversation.run(isStep ? thread : undefined, isIgnored(conversation, signal));
  return undefined;
}

/** Does the actions of `vCont`: the first one that names a thread, or no thread, is that thread's. */
function resume(conversation: Conversation, actions: readonly string[]): Answer {
  const current = conversation.target.currentThread();
  let step: number | undefined;
  let signal: string | undefined;
  for (const action of actions) {
    const match = /^([cs]|[CS]([0-9a-fA-F]{2}))(?::(.+))?$/.exec(action);
    if (!match) return answers.invalid;
    const [, kind = "", digits = "0", name] = match;
    const id = name === undefined ? -1 : threadOf(name);
    if (id === undefined || (id > 0 && !hasThread(conversation, id))) return answers.noSuchThread;
    if (id <= 0 || id === current) signal ??= digits;
    if (/^[sS]/.test(kind)) step ??= id > 0 ? id : current;
  }
  conversation.run(step, isIgnored(conversation, signal ?? "0"));
  return undefined;
}

/** Whether the signal that the guest stopped for is not to reach it. */
function isIgnored({ stop }: Conversation, signal: string): boolean {
  return stop.kind === "signal" && lengthOfHex(signal) !== stop.signal;
}
