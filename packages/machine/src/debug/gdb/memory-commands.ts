/** Reading and writing memory. @see Debugging with GDB, E.2 (Packets) */
import {
  type Answer,
  answers,
  type Commands,
  type Conversation,
  chosenThread,
} from "./conversation.ts";
import { bytesOfHex, hexOf, lengthOfHex, numberOfHex } from "./hex.ts";
import { mostPayloadBytes } from "./packet.ts";

/** `m`, `M`, `X`. */
export const memoryCommands: Commands = {
  m(conversation, argument) {
    const range = rangeOf(argument);
    if (!range) return answers.invalid;
    const length = Math.min(range.length, mostPayloadBytes / 2);
    const { target } = conversation;
    const bytes = target.readMemory(chosenThread(conversation), range.address, length);
    return bytes.length === 0 && length > 0 ? answers.noMemory : hexOf(bytes);
  },
  M: (conversation, argument) => write(conversation, argument, bytesOfHex),
  X: (conversation, argument) =>
    write(conversation, argument, (text) =>
      Uint8Array.from(text, (character) => character.charCodeAt(0)),
    ),
};

/** Does `ADDRESS,LENGTH:DATA`. */
function write(
  conversation: Conversation,
  argument: string,
  decode: (text: string) => Uint8Array | undefined,
): Answer {
  const colon = argument.indexOf(":");
  const range = rangeOf(argument.slice(0, colon));
  const bytes = decode(argument.slice(colon + 1));
  if (colon < 0 || !range || bytes?.length !== range.length) return answers.invalid;
  if (bytes.length === 0) return answers.ok;
  const isWritten = conversation.target.writeMemory(
    chosenThread(conversation),
    range.address,
    bytes,
  );
  return isWritten ? answers.ok : answers.noMemory;
}

function rangeOf(text: string): { readonly address: bigint; readonly length: number } | undefined {
  const [start, size, ...rest] = text.split(",");
  const address = numberOfHex(start);
  const length = lengthOfHex(size);
  if (address === undefined || length === undefined || rest.length > 0) return undefined;
  return { address, length };
}
