/** RISC-V instructions as GNU binutils see them: words to text, text to bytes. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IsovmError } from "@isovm/isa-spec";
import { type OracleName, runOracle } from "../oracle/index.ts";

/** The extensions that binutils 2.40 knows of those that isovm has. */
export const extensionsInBinutils = "gc_zba_zbb_zbs_zihintpause";

/** An oracle refused its input; the message has what it wrote. */
export class BinutilsError extends IsovmError<{ readonly tool: OracleName }> {}

/** An instruction word and its length. */
export interface Word {
  readonly word: bigint;
  readonly sizeBytes: number;
}

async function inDirectory<Result>(use: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), "isovm-binutils-"));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function run(tool: OracleName, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runOracle(tool, args);
  const decoder = new TextDecoder();
  if (code !== 0) throw new BinutilsError(`${tool}: ${decoder.decode(stderr)}`, { tool });
  return decoder.decode(stdout);
}

async function object(directory: string, source: string, xlen: 32 | 64): Promise<string> {
  const input = join(directory, "input.s");
  const output = join(directory, "input.o");
  await writeFile(input, source);
  const abi = xlen === 64 ? "lp64d" : "ilp32d";
  await run("riscv64-linux-gnu-as", [
    "-mno-relax",
    `-march=rv${xlen}${extensionsInBinutils}`,
    `-mabi=${abi}`,
    input,
    "-o",
    output,
  ]);
  return output;
}

/**
 * What objdump prints for each word, the words lying one behind the other from address 0; with a
 * space behind the mnemonic, and without the comments on addresses.
 */
export function objdump(words: readonly Word[], xlen: 32 | 64): Promise<readonly string[]> {
  return inDirectory(async (directory) => {
    const lines = words.map(({ word, sizeBytes }) => `.insn ${sizeBytes}, 0x${word.toString(16)}`);
    const file = await object(directory, `${lines.join("\n")}\n`, xlen);
    // Without symbols, and in a section that has no name to refer to, targets are bare addresses.
    await run("riscv64-linux-gnu-objcopy", [
      "--strip-all",
      "--rename-section",
      ".text=.words",
      file,
    ]);
    const text = await run("riscv64-linux-gnu-objdump", [
      ...["-D", "-j", ".words", "-M", "no-aliases"],
      file,
    ]);
    return text
      .split("\n")
      .filter((line) => /^\s*[0-9a-f]+:\t/.test(line))
      .map((line) => line.split("\t").slice(2).join(" ").replace(/ #.*/, "").trim());
  });
}

/** Bytes that a line of assembly text may take. */
const slotBytes = 64;

/**
 * The bytes of each line of assembly text as GNU `as` has them, each line at a multiple of 64 and
 * padded with zeros to 64 bytes. Base instructions are not compressed.
 */
export function assembleLines(
  lines: readonly string[],
  xlen: 32 | 64,
): Promise<readonly Uint8Array[]> {
  return inDirectory(async (directory) => {
    const slots = lines.map((line, index) => {
      const option = line.startsWith("c.") ? "rvc" : "norvc";
      return `.org ${index * slotBytes}\n.option ${option}\n${line}\n`;
    });
    const file = await object(
      directory,
      `${slots.join("")}.org ${lines.length * slotBytes}\n`,
      xlen,
    );
    const image = join(directory, "image");
    const linked = join(directory, "linked");
    await run("riscv64-linux-gnu-ld", [
      ...["-m", `elf${xlen}lriscv`, "-Ttext=0", "-e0", "--no-relax"],
      ...[file, "-o", linked],
    ]);
    await run("riscv64-linux-gnu-objcopy", ["-O", "binary", "-j", ".text", linked, image]);
    const bytes = new Uint8Array(await readFile(image));
    return lines.map((_, index) => bytes.subarray(index * slotBytes, (index + 1) * slotBytes));
  });
}
