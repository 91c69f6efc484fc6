/** Reading and writing registers. @see Debugging with GDB, E.2 (Packets) */
import type { DebuggerRegister } from "@isovm/isa-spec";
import {
  type Answer,
  answers,
  type Commands,
  type Conversation,
  chosenThread,
} from "./conversation.ts";
import { bytesOfHex, bytesOfValue, hexOf, lengthOfHex, valueOfBytes } from "./hex.ts";

/** `g`, `G`, `p`, `P`. */
export const registerCommands: Commands = {
  g: (conversation) =>
    general(conversation)
      .map((register) => valueText(conversation, register))
      .join(""),
  G(conversation, argument) {
    const bytes = bytesOfHex(argument);
    const registers = general(conversation);
    const size = registers.reduce((sum, register) => sum + bytesOf(register), 0);
    if (bytes?.length !== size) return answers.invalid;
    let at = 0;
    for (const register of registers) {
      const end = at + bytesOf(register);
      write(conversation, register, bytes.subarray(at, end));
      at = end;
    }
    return answers.ok;
  },
  p(conversation, argument) {
    const register = conversation.registers[lengthOfHex(argument) ?? -1];
    return register ? valueText(conversation, register) : answers.invalid;
  },
  P(conversation, argument): Answer {
    const [number, digits = ""] = argument.split("=");
    const register = conversation.registers[lengthOfHex(number) ?? -1];
    const bytes = bytesOfHex(digits);
    if (!register || bytes?.length !== bytesOf(register)) return answers.invalid;
    write(conversation, register, bytes);
    return answers.ok;
  },
};

function general({ registers, target }: Conversation): readonly DebuggerRegister[] {
  return registers.slice(0, target.generalRegisters);
}

function valueText(conversation: Conversation, register: DebuggerRegister): string {
  const value = conversation.target.readRegister(chosenThread(conversation), register);
  return hexOf(bytesOfValue(value, bytesOf(register)));
}

function write(conversation: Conversation, register: DebuggerRegister, bytes: Uint8Array): void {
  conversation.target.writeRegister(chosenThread(conversation), register, valueOfBytes(bytes));
}

function bytesOf({ bits }: DebuggerRegister): number {
  return bits / 8;
}
