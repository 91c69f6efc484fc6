/** Translated regions as text for people: guest assembly with its blocks, and what it does. */
import type { Decoder, Disassembler } from "@isovm/decoder";
import { printSemantics, type Semantics } from "@isovm/isa-spec";
import type { TranslatedBlock, TranslatedInstruction, TranslatedRegion } from "@isovm/translator";

/** What reads the guest's code. */
export interface AssemblyReader {
  readonly decoder: Decoder;
  readonly disassembler: Disassembler;
}

/** The guest's instructions, block by block, with where control goes from there. */
export function assemblyText(region: TranslatedRegion, reader: AssemblyReader): string {
  const { entries, instructionCount } = region;
  const blocks = inOrder(region);
  const counts = [counted(instructionCount, "instruction"), counted(blocks.length, "block")];
  const parts = blocks.map((block) => {
    const lines = block.instructions.map((instruction) => assemblyLine(instruction, reader));
    return [`# block ${hex(block.address)}, then ${waysOut(block)}`, ...lines].join("\n");
  });
  return `# ${counts.join(" in ")}, entered at ${entries.map(hex).join(", ")}\n\n${parts.join("\n\n")}\n`;
}

/** What each instruction does, specialised or after the passes. */
export function semanticsText(
  region: TranslatedRegion,
  stage: "specialised" | "optimised",
  reader: AssemblyReader,
): string {
  const parts = inOrder(region).map(({ address, instructions }) => {
    const lines = instructions.flatMap((instruction) => [
      assemblyLine(instruction, reader),
      ...statementLines(instruction[stage]),
    ]);
    return [`# block ${hex(address)}`, ...lines].join("\n");
  });
  return `${parts.join("\n\n")}\n`;
}

/** The blocks as they lie in memory. */
function inOrder({ blocks }: TranslatedRegion): readonly TranslatedBlock[] {
  return [...blocks].sort((a, b) => (a.address < b.address ? -1 : 1));
}

function statementLines(semantics: Semantics): readonly string[] {
  const text = printSemantics(semantics) || "(nothing)";
  return text.split("\n").map((line) => `            ${line}`);
}

function assemblyLine(
  { address, bytes }: TranslatedInstruction,
  { decoder, disassembler }: AssemblyReader,
): string {
  const decoded = decoder.decodeBytes(bytes);
  const text = decoded ? disassembler.text(decoded, address) : "";
  const [mnemonic = "", operands = ""] = text.split(/ (.*)/);
  return `${hex(address).padStart(10)}  ${mnemonic.padEnd(7)} ${operands}`.trimEnd();
}

function waysOut({ successors, exits, isOpen }: TranslatedBlock): string {
  const ways = [
    ...successors.map(hex),
    ...exits.map((address) => `out to ${hex(address)}`),
    ...(isOpen ? ["out to where a register says"] : []),
  ];
  return ways.length > 0 ? ways.join(" or ") : "nowhere";
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}
