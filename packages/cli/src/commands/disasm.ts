/** `isovm disasm`: machine code as assembly text. */
import { Decoder, Disassembler } from "@isovm/decoder";
import type { Command } from "commander";
import { readElfCode } from "../elf/elf-symbols.ts";
import { isElf, otherKind } from "../elf/file-kind.ts";
import { InputError, UsageError } from "../errors.ts";
import type { CommandIo } from "../io/command-io.ts";
import { Printer } from "../io/printer.ts";
import { readBytes } from "../io/read-file.ts";
import { defaultIsa, isaNamed, isaOfElf } from "../isas.ts";
import { parseAddress } from "../options/number.ts";
import { parseWord } from "../options/word.ts";
import { printSection } from "../text/disassembly.ts";
import { Labels } from "../text/labels.ts";

interface DisasmOptions {
  readonly isa?: string;
  readonly aliases?: true;
  readonly raw?: true;
  readonly base?: bigint;
  readonly word: readonly bigint[];
}

async function disasm(path: string | undefined, options: DisasmOptions, io: CommandIo) {
  const printer = new Printer(io);
  if (options.word.length > 0) {
    if (path !== undefined) throw new UsageError("give FILE or --word, not both");
    printWords(options, printer);
  } else if (path === undefined) {
    throw new UsageError("give FILE, or --word WORD (see isovm disasm --help)");
  } else if (options.raw) {
    printRaw(await readBytes(path, io), options, printer);
  } else {
    if (options.base !== undefined) throw new UsageError("--base is for --raw: ELF files say it");
    printElf(path, await readBytes(path, io), options, printer);
  }
  printer.flush();
}

function printWords(options: DisasmOptions, printer: Printer): void {
  const { isa } = isaNamed(options.isa ?? defaultIsa);
  const decoder = new Decoder(isa);
  const disassembler = new Disassembler(isa, { aliases: options.aliases === true });
  for (const word of options.word) {
    const decoded = decoder.decode(word);
    if (!decoded) throw new InputError(`0x${word.toString(16)} is no instruction of ${isa.name}`);
    printer.line(disassembler.text(decoded, options.base ?? 0n));
  }
}

function printRaw(bytes: Uint8Array, options: DisasmOptions, printer: Printer): void {
  const { isa } = isaNamed(options.isa ?? defaultIsa);
  const section = { name: "", address: options.base ?? 0n, bytes };
  printSection(section, isa, new Labels([]), { aliases: options.aliases === true }, printer);
}

function printElf(path: string, file: Uint8Array, options: DisasmOptions, printer: Printer): void {
  const code = readElfCode(file);
  if (!code) {
    const hint = isElf(file) ? "" : "; --raw takes bytes as they are";
    throw new InputError(`${path}: is ${otherKind(file.subarray(0, 256))}, not an ELF file${hint}`);
  }
  const isa = options.isa === undefined ? isaOfElf(path, code.identity) : isaNamed(options.isa).isa;
  const sections = code.sections.filter(({ bytes }) => bytes.length > 0);
  if (sections.length === 0) throw new InputError(`${path}: has no executable section or segment`);
  const labels = new Labels(code.symbols);
  for (const [index, section] of sections.entries()) {
    if (index > 0) printer.line();
    printer.line(`${section.name || "executable segment"}:`);
    printSection(section, isa, labels, { aliases: options.aliases === true }, printer);
  }
}

const examples = `
Examples:
  isovm disasm ./hello                            the code of an ELF file, with its symbols
  isovm disasm --aliases ./hello                  ret for jalr zero,0(ra), and the like
  isovm disasm --word 0x00310113 --isa rv32i      one instruction: addi sp,sp,3
  isovm disasm --raw --base 0x80000000 --isa rv64gc firmware.bin

Bytes that are no instruction are printed as data. Without --isa an ELF file's header decides
between rv64 and rv32, with all extensions.`;

/** Adds the command to the program. */
export function addDisasm(parent: Command, io: CommandIo): void {
  parent
    .command("disasm")
    .summary("disassemble a file or a word")
    .description("Prints machine code as assembly text.")
    .usage("[options] FILE")
    .argument("[FILE]", "ELF file, - for standard input")
    .option("--isa <NAME>", "instruction set, such as rv64gc or rv32imac_zba")
    .option("--aliases", "prefer pseudo-instructions")
    .option("--raw", "FILE holds nothing but code")
    .option("--base <ADDRESS>", "address of the first byte of --raw, of --word", parseAddress)
    .option(
      "--word <WORD>",
      "an instruction word in place of a file; can be repeated",
      (text: string, previous: readonly bigint[]) => [...previous, parseWord(text)],
      [],
    )
    .addHelpText("after", examples)
    .action((path: string | undefined, options: DisasmOptions) => disasm(path, options, io));
}
