/**
 * Breakpoints. What differs on real machines – an instruction in memory, a comparator in the hart –
 * is one thing here; neither leaves a trace in the guest. There are no watchpoints: a debugger steps
 * instead.
 *
 * @see Debugging with GDB, E.2 (Packets)
 */
import { type Answer, answers, type Commands, type Conversation } from "./conversation.ts";
import { numberOfHex } from "./hex.ts";

/** More than any debugger sets. */
const mostBreakpoints = 10_000;

/** `Z`, `z`. */
export const breakpointCommands: Commands = {
  Z: (conversation, argument) =>
    change(conversation, argument, (breakpoints, address) => {
      if (breakpoints.size >= mostBreakpoints) return false;
      breakpoints.add(address);
      return true;
    }),
  z: (conversation, argument) =>
    change(conversation, argument, (breakpoints, address) => {
      breakpoints.delete(address);
      return true;
    }),
};

/** Does `TYPE,ADDRESS,KIND` and perhaps conditions, which aren't offered. */
function change(
  { target }: Conversation,
  argument: string,
  action: (breakpoints: Set<bigint>, address: bigint) => boolean,
): Answer {
  const [type, start] = argument.split(",");
  if (type !== "0" && type !== "1") return answers.unsupported;
  const address = numberOfHex(start);
  if (address === undefined || !action(target.breakpoints, address)) return answers.invalid;
  return answers.ok;
}
