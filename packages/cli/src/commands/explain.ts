/** `isovm explain`: what an instruction is and does. */
import { AssemblyError, assemble, Decoder, explain } from "@isovm/decoder";
import { handlerText } from "@isovm/interpreter";
import type { Instruction, Isa } from "@isovm/isa-spec";
import type { Command } from "commander";
import { InputError } from "../errors.ts";
import type { CommandIo } from "../io/command-io.ts";
import { Printer } from "../io/printer.ts";
import { defaultIsa, isaNamed } from "../isas.ts";
import { isNumber, parseWord } from "../options/word.ts";

interface ExplainOptions {
  readonly isa: string;
  readonly wasm: boolean;
}

/** A part of the answer: text, and the row whose code may follow. */
interface Answer {
  readonly text: string;
  readonly row: Instruction | undefined;
}

function answer(question: string, { isa: name, wasm }: ExplainOptions, io: CommandIo): void {
  const { isa } = isaNamed(name);
  const printer = new Printer(io);
  for (const [index, { text, row }] of answersTo(question.trim(), isa).entries()) {
    if (index > 0) printer.line();
    printer.line(text);
    if (row && wasm) {
      printer.line();
      printer.line("The interpreter's handler, in WebAssembly:");
      printer.line(handlerText(isa, row).replaceAll(/^/gm, "  "));
    }
  }
  printer.flush();
}

function answersTo(question: string, isa: Isa): readonly Answer[] {
  if (isNumber(question)) return [explainWord(isa, parseWord(question))];
  if (!/\s/.test(question)) {
    const text = explain(isa, question.toLowerCase());
    if (text !== undefined) {
      const row = isa.instructions.find(({ mnemonic }) => text.startsWith(`${mnemonic} `));
      return [{ text, row }];
    }
  }
  return explainText(isa, question);
}

function explainWord(isa: Isa, word: bigint): Answer {
  const decoded = new Decoder(isa).decode(word);
  const text = explain(isa, word);
  if (!decoded || text === undefined) {
    throw new InputError(`0x${word.toString(16)} is no instruction of ${isa.name}`);
  }
  return { text, row: decoded.row };
}

function explainText(isa: Isa, text: string): readonly Answer[] {
  const bytes = assembled(isa, text);
  const decoder = new Decoder(isa);
  const answers: Answer[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const decoded = decoder.decodeBytes(bytes, offset);
    if (!decoded) break;
    answers.push(explainWord(isa, decoded.word));
    offset += decoded.sizeBytes;
  }
  if (answers.length === 0) throw new InputError(`"${text}" is no instruction of ${isa.name}`);
  return answers;
}

function assembled(isa: Isa, text: string): Uint8Array {
  try {
    return assemble(isa, text).bytes;
  } catch (error) {
    if (!(error instanceof AssemblyError)) throw error;
    const reason = error.data.diagnostics[0]?.message ?? error.message;
    throw new InputError(`"${text}" is no instruction of ${isa.name}: ${reason}`);
  }
}

const examples = `
Examples:
  isovm explain amoadd.w                  a row: encoding, operands, what it does, the manual
  isovm explain 0x00310113                an instruction word taken apart
  isovm explain "add a0, a1, a2"          the same, from assembly text
  isovm explain --no-wasm beq             without the code that the interpreter runs for it
  isovm explain --isa rv32imac c.jal`;

/** Adds the command to the program. */
export function addExplain(parent: Command, io: CommandIo): void {
  parent
    .command("explain")
    .summary("show what an instruction is and does")
    .description(
      "Shows an instruction's encoding, operands and semantics, and where its manual is.",
    )
    .usage("[options] MNEMONIC|WORD|TEXT")
    .argument("<QUESTION...>", "a mnemonic, an instruction word, or assembly text")
    .option("--isa <NAME>", "instruction set, such as rv64gc", defaultIsa)
    .option("--no-wasm", "leave out the WebAssembly that the interpreter runs for it")
    .addHelpText("after", examples)
    .action((words: readonly string[], options: ExplainOptions) =>
      answer(words.join(" "), options, io),
    );
}
