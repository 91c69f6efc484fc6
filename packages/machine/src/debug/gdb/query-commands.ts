/** What debugger and stub tell each other about themselves. @see Debugging with GDB, E.4 */
import { answers, type Command, type Commands, type Conversation } from "./conversation.ts";
import { describeTarget } from "./description.ts";
import { lengthOfHex } from "./hex.ts";
import { mostPayloadBytes } from "./packet.ts";

/** What is understood here. */
const features = [
  `PacketSize=${mostPayloadBytes.toString(16)}`,
  "QStartNoAckMode+",
  "qXfer:features:read+",
  "swbreak+",
  "hwbreak+",
  "vContSupported+",
];

/** `qSupported`, `QStartNoAckMode`, `qAttached`, `qSymbol`, `qXfer`. */
export const queryCommands: Commands = {
  qSupported({ understood, target }, argument) {
    understood.clear();
    for (const feature of argument.split(";")) {
      if (feature.endsWith("+")) understood.add(feature.slice(0, -1));
    }
    const others = target.auxiliaryVector ? ["qXfer:auxv:read+"] : [];
    return [...features, ...others].join(";");
  },
  QStartNoAckMode(conversation) {
    conversation.acknowledges = false;
    return answers.ok;
  },
  qAttached: ({ target }) => (target.endsWithDebugger ? "0" : "1"),
  // Nothing here needs to know where the guest's symbols are.
  qSymbol: () => answers.ok,
  qXfer: (conversation, argument) => {
    const [object = "", operation, annex = "", range, ...rest] = argument.split(":");
    const document = operation === "read" ? documents[object] : undefined;
    if (!document || rest.length > 0) return answers.unsupported;
    const bytes = document(conversation, annex);
    return bytes ? partOf(bytes, range ?? "") : "E00";
  },
};

/** What can be read in parts: by object, given the annex. */
const documents: Readonly<
  Record<string, (conversation: Conversation, annex: string) => Uint8Array | undefined>
> = {
  features: ({ target }, annex) =>
    annex === "target.xml" ? new TextEncoder().encode(describeTarget(target)) : undefined,
  auxv: ({ target }, annex) => (annex === "" ? target.auxiliaryVector?.() : undefined),
};

/** `OFFSET,LENGTH` of a document; the first letter says whether there is more. */
function partOf(bytes: Uint8Array, range: string): ReturnType<Command> {
  const [start, size] = range.split(",").map(lengthOfHex);
  if (start === undefined || size === undefined) return answers.invalid;
  const part = bytes.subarray(start, start + Math.min(size, mostPayloadBytes / 2));
  const isLast = start + part.length >= bytes.length;
  const answer = new Uint8Array(part.length + 1);
  answer[0] = (isLast ? "l" : "m").charCodeAt(0);
  answer.set(part, 1);
  return answer;
}
