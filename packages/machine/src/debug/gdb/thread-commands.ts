/** Threads, and which of them other commands mean. @see Debugging with GDB, E.2 and E.4 */
import { answers, type Commands, type Conversation, hasThread } from "./conversation.ts";
import { hexOf, lengthOfHex } from "./hex.ts";

/** `H`, `T`, `qC`, `qfThreadInfo`, `qsThreadInfo`, `qThreadExtraInfo`. */
export const threadCommands: Commands = {
  H(conversation, argument) {
    const id = threadOf(argument.slice(1));
    if (id === undefined) return answers.invalid;
    if (id > 0 && !hasThread(conversation, id)) return answers.noSuchThread;
    if (argument.startsWith("g")) conversation.thread = Math.max(id, 0);
    else if (argument.startsWith("c")) conversation.stepped = Math.max(id, 0);
    else return answers.invalid;
    return answers.ok;
  },
  T(conversation, argument) {
    const id = lengthOfHex(argument) ?? 0;
    return hasThread(conversation, id) ? answers.ok : answers.noSuchThread;
  },
  qC: ({ target }) => `QC${target.currentThread().toString(16)}`,
  qfThreadInfo: ({ target }) => `m${target.threads().map(textOf).join(",")}`,
  qsThreadInfo: () => "l",
  qThreadExtraInfo(conversation, argument) {
    const id = lengthOfHex(argument);
    const thread = conversation.target.threads().find((candidate) => candidate.id === id);
    return thread ? hexOf(new TextEncoder().encode(thread.name)) : answers.noSuchThread;
  },
};

/** The number of a thread; -1 for all, 0 for any, undefined if the text is something else. */
export function threadOf(text: string): number | undefined {
  return text === "-1" ? -1 : lengthOfHex(text);
}

function textOf({ id }: ReturnType<Conversation["target"]["threads"]>[number]): string {
  return id.toString(16);
}
