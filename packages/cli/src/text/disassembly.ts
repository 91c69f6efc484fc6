/** A section as disassembled text, in pieces, so that large programs don't fill the memory. */
import { type DisassembledLine, type DisassemblyOptions, disassemble } from "@isovm/decoder";
import type { Isa } from "@isovm/isa-spec";
import type { CodeSection } from "../elf/elf-symbols.ts";
import type { Printer } from "../io/printer.ts";
import type { Labels } from "./labels.ts";

const pieceBytes = 1 << 18;
/** No instruction is longer; one that a piece cuts off is read again with the next piece. */
const longestBytes = 16;
const bytesColumn = 17;

/** Prints all lines of a section, with labels between them. */
export function printSection(
  section: CodeSection,
  isa: Isa,
  labels: Labels,
  options: { readonly aliases: boolean },
  printer: Printer,
): void {
  const disassembly: DisassemblyOptions = {
    aliases: options.aliases,
    symbolAt: (address) => labels.describe(address),
  };
  const digits = isa.addressWidth / 4;
  for (const line of linesOf(section, isa, disassembly)) {
    const names = labels.at(line.address);
    if (names.length > 0) printer.line();
    for (const name of names) {
      printer.line(`${line.address.toString(16).padStart(digits, "0")} <${name}>:`);
    }
    const word = wordText(line, isa.framing.byteOrder);
    const address = line.address.toString(16).padStart(8);
    printer.line(`${address}:  ${word.padEnd(bytesColumn)} ${columns(line.text)}`);
  }
}

function* linesOf(
  { address, bytes }: CodeSection,
  isa: Isa,
  options: DisassemblyOptions,
): Iterable<DisassembledLine> {
  for (let start = 0; start < bytes.length; ) {
    const end = Math.min(start + pieceBytes, bytes.length);
    const lines = disassemble(isa, bytes.subarray(start, end), address + BigInt(start), options);
    for (const line of lines) {
      if (end < bytes.length && start > end - longestBytes) break;
      yield line;
      start += line.bytes.length;
    }
  }
}

/** The instruction as the number that manuals and assemblers write. */
function wordText({ bytes }: DisassembledLine, byteOrder: "little" | "big"): string {
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  return (byteOrder === "little" ? digits.reverse() : digits).join("");
}

/** Mnemonic and operands in columns. */
function columns(text: string): string {
  const space = text.indexOf(" ");
  return space < 0 ? text : `${text.slice(0, space).padEnd(11)} ${text.slice(space + 1)}`;
}
