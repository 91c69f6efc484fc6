/**
 * Breakpoints and watchpoints. What differs on real machines – an instruction in memory, a comparator
 * in the hart – is one thing here, and neither leaves a trace in the guest. Reads can't be watched.
 *
 * @see Debugging with GDB, E.2 (Packets)
 */
import {
  type Answer,
  answers,
  type Command,
  type Commands,
  type Conversation,
  chosenThread,
} from "./conversation.ts";
import { lengthOfHex, numberOfHex } from "./hex.ts";

/** More than any debugger sets. */
const mostBreakpoints = 10_000;
const mostWatchpoints = 100;
const mostWatchedBytes = 4096;

/** What a command says: `TYPE,ADDRESS,KIND`; for watchpoints the kind is a length. */
interface Point {
  readonly address: bigint;
  readonly length: number;
}

/** By type, what sets one and what removes it. */
type Points = Readonly<
  Record<string, { readonly set: PointAction; readonly remove: PointAction } | undefined>
>;

type PointAction = (conversation: Conversation, point: Point) => boolean;

const breakpoint = {
  set({ target }: Conversation, { address }: Point): boolean {
    if (target.breakpoints.size >= mostBreakpoints) return false;
    target.breakpoints.add(address);
    return true;
  },
  remove({ target }: Conversation, { address }: Point): boolean {
    target.breakpoints.delete(address);
    return true;
  },
};

const watchpoint = {
  set(conversation: Conversation, { address, length }: Point): boolean {
    const { watchpoints } = conversation;
    if (watchpoints.size >= mostWatchpoints || length < 1 || length > mostWatchedBytes) {
      return false;
    }
    watchpoints.add({ thread: chosenThread(conversation), address, length });
    return true;
  },
  remove({ watchpoints }: Conversation, point: Point): boolean {
    watchpoints.remove(point);
    return true;
  },
};

const points: Points = { 0: breakpoint, 1: breakpoint, 2: watchpoint };

/** `Z`, `z`. */
export const breakpointCommands: Commands = { Z: command("set"), z: command("remove") };

function command(what: "set" | "remove"): Command {
  return (conversation, argument): Answer => {
    const [type = "", start, kind] = argument.split(/[,;]/);
    const actions = points[type];
    if (!actions) return answers.unsupported;
    const address = numberOfHex(start);
    const length = lengthOfHex(kind);
    if (address === undefined || length === undefined) return answers.invalid;
    return actions[what](conversation, { address, length }) ? answers.ok : answers.invalid;
  };
}
