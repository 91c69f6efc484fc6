/** `isovm asm`: assembly text as machine code. */
import { chmodSync, writeFileSync } from "node:fs";
import { type Assembly, AssemblyError, assemble } from "@isovm/decoder";
import { toElf } from "@isovm/testkit/elf";
import { type Command, Option } from "commander";
import { withSymbols } from "../elf/with-symbols.ts";
import { InputError, ReaderGoneError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { type CommandIo, writeText } from "../io/command-io.ts";
import { readBytes } from "../io/read-file.ts";
import { type ChosenIsa, defaultIsa, isaNamed } from "../isas.ts";
import { parseAddress } from "../options/number.ts";
import { hexDump, listing } from "../text/listing.ts";

const formats = ["elf", "bin", "hex", "listing"] as const;
type Format = (typeof formats)[number];

interface AsmOptions {
  readonly isa: string;
  readonly output?: string;
  readonly format?: Format;
  readonly base: bigint;
}

const pageBytes = 4096;

async function asm(path: string, options: AsmOptions, io: CommandIo): Promise<number> {
  const chosen = isaNamed(options.isa);
  const source = new TextDecoder().decode(await readBytes(path, io));
  const format = options.format ?? (options.output === undefined ? "listing" : "elf");
  let program: Assembly;
  try {
    program = assemble(chosen.isa, source, {
      origin: options.base,
      ...(format === "elf" && { sectionAlignment: pageBytes }),
    });
  } catch (error) {
    if (!(error instanceof AssemblyError)) throw error;
    const name = path === "-" ? "standard input" : path;
    for (const line of error.message.split("\n")) {
      writeText(io.stderr, /^\d+:\d+: /.test(line) ? `${name}:${line}\n` : `${line}\n`);
    }
    return exitCodes.input;
  }
  const output = formatted(program, source, chosen, format);
  if (options.output !== undefined && options.output !== "-") {
    writeOutput(options.output, output, format === "elf");
  } else if (!io.stdout.write(output)) {
    throw new ReaderGoneError();
  }
  return exitCodes.success;
}

function formatted(
  program: Assembly,
  source: string,
  { isa, elfMachine, elfFlags }: ChosenIsa,
  format: Format,
): Uint8Array {
  const encoder = new TextEncoder();
  switch (format) {
    case "bin":
      return program.bytes;
    case "hex":
      return encoder.encode(hexDump(program.bytes));
    case "listing":
      return encoder.encode(listing(program, source, isa.addressWidth));
    case "elf": {
      const { addressWidth } = isa;
      const elf = toElf(program, { machine: elfMachine, class: addressWidth, flags: elfFlags });
      return withSymbols(elf, program, addressWidth);
    }
  }
}

function writeOutput(path: string, bytes: Uint8Array, isExecutable: boolean): void {
  try {
    writeFileSync(path, bytes);
    if (isExecutable) chmodSync(path, 0o755);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new InputError(`${path}: can't be written (${code})`, { cause: error });
  }
}

const examples = `
Examples:
  isovm asm hello.s -o hello                     an ELF executable: isovm run ./hello
  isovm asm hello.s                              a listing: addresses, bytes, source
  echo 'add a0, a1, a2' | isovm asm - --format hex
  isovm asm boot.s --isa rv32imac --base 0x80000000 --format bin -o boot.bin

The syntax is that of GNU as: labels, .text, .data, .word, .ascii, .align, .macro and so on. Code
begins at the symbol _start, or with the first byte of .text.`;

/** Adds the command to the program. */
export function addAsm(parent: Command, io: CommandIo, exit: (code: number) => void): void {
  parent
    .command("asm")
    .summary("assemble a file")
    .description("Assembles text in the syntax of GNU as.")
    .usage("[options] FILE")
    .argument("<FILE>", "assembly text, - for standard input")
    .option("--isa <NAME>", "instruction set, such as rv64gc or rv32imac_zba", defaultIsa)
    .option("-o, --output <FILE>", "where to write; standard output if not given")
    .addOption(
      new Option("--format <FORMAT>", "what to write; elf with -o, listing without").choices(
        formats,
      ),
    )
    .addOption(
      new Option("--base <ADDRESS>", "address of the first byte")
        .argParser(parseAddress)
        .default(0x10000n, "0x10000"),
    )
    .addHelpText("after", examples)
    .action(async (path: string, options: AsmOptions) => exit(await asm(path, options, io)));
}
