/** Directives of the assembler: data, alignment, symbols and sections. */
import type { Isa } from "@isovm/isa-spec";
import { bytesOf } from "../decode/framing.ts";
import { AssemblySyntaxError, type TokenCursor } from "../syntax/token-cursor.ts";
import type { AssemblyPass } from "./pass.ts";
import { alignUp } from "./sections.ts";

/** Does what a directive says, with its operands at the cursor. */
export type Directive = (pass: AssemblyPass, operands: TokenCursor) => void;

/** Directives that say nothing about bytes. */
const ignored = [
  ".globl",
  ".global",
  ".local",
  ".weak",
  ".hidden",
  ".type",
  ".size",
  ".file",
  ".ident",
  ".loc",
  ".cfi_startproc",
  ".cfi_endproc",
];

/** Alignments reach no further than this, in bytes. */
const largestAlignment = 1 << 24;

const cache = new WeakMap<Isa, ReadonlyMap<string, Directive>>();

/** The directives of an ISA by name: the general ones and its own. */
export function directivesOf(isa: Isa): ReadonlyMap<string, Directive> {
  const known = cache.get(isa);
  if (known) return known;
  const { dataDirectives = {}, ignoredDirectives = [], align } = isa.syntax;
  const sizes = { ".byte": 1, ".2byte": 2, ".4byte": 4, ".8byte": 8, ...dataDirectives };
  const directives = new Map<string, Directive>([
    ...Object.entries(sizes).map(([name, size]) => [name, data(size)] as const),
    ...[...ignored, ...ignoredDirectives].map((name) => [name, () => {}] as const),
    ...[".text", ".data", ".rodata", ".bss"].map((name) => [name, enterSection(name)] as const),
    [".section", section],
    [".ascii", strings("")],
    [".asciz", strings("\0")],
    [".string", strings("\0")],
    [".float", floats(4)],
    [".single", floats(4)],
    [".double", floats(8)],
    [".zero", space],
    [".space", space],
    [".skip", space],
    [".fill", fill],
    [".align", alignment(align === "bytes" ? "bytes" : "power")],
    [".p2align", alignment("power")],
    [".balign", alignment("bytes")],
    [".org", org],
    [".equ", equate],
    [".set", equate],
  ]);
  cache.set(isa, directives);
  return directives;
}

function enterSection(name: string): Directive {
  return (pass, operands) => {
    operands.expectEnd();
    pass.enterSection(name);
  };
}

function section(pass: AssemblyPass, operands: TokenCursor): void {
  const token = operands.next();
  // Flags and types that follow say what the name says already.
  pass.enterSection(token.text.replaceAll('"', ""));
}

function data(sizeBytes: number): Directive {
  const width = 8 * sizeBytes;
  return (pass, operands) => {
    list(operands, () => {
      const { column } = operands.peek();
      const { value } = pass.expression(operands);
      if (value >= 1n << BigInt(width) || value < -(1n << BigInt(width - 1))) {
        throw new AssemblySyntaxError(`${value} does not fit ${sizeBytes} bytes`, { column });
      }
      pass.append(bytesOf(BigInt.asUintN(width, value), sizeBytes, pass.isa.framing.byteOrder));
    });
  };
}

function strings(terminator: string): Directive {
  const end = new TextEncoder().encode(terminator);
  return (pass, operands) => {
    list(operands, () => {
      const { bytes } = operands.peek();
      if (!bytes) return operands.fail("a string in double quotes");
      operands.next();
      pass.append(bytes);
      pass.append(end);
    });
  };
}

function floats(sizeBytes: 4 | 8): Directive {
  return (pass, operands) => {
    list(operands, () => {
      const { column } = operands.peek();
      let text = "";
      while (operands.peek().kind !== "end" && !operands.at(",")) text += operands.next().text;
      const value = Number(text.replace(/^([-+]?)inf(inity)?$/i, "$1Infinity"));
      if (text === "" || (Number.isNaN(value) && !/^[-+]?nan$/i.test(text))) {
        throw new AssemblySyntaxError(`"${text}" is no floating-point number`, { column });
      }
      const view = new DataView(new ArrayBuffer(sizeBytes));
      const isLittle = pass.isa.framing.byteOrder === "little";
      if (sizeBytes === 4) view.setFloat32(0, value, isLittle);
      else view.setFloat64(0, value, isLittle);
      pass.append(new Uint8Array(view.buffer));
    });
  };
}

function space(pass: AssemblyPass, operands: TokenCursor): void {
  const count = amount(pass, operands, 2 ** 40);
  const byte = operands.skip(",") ? Number(BigInt.asUintN(8, pass.expression(operands).value)) : 0;
  operands.expectEnd();
  pass.fill(count, byte);
}

function fill(pass: AssemblyPass, operands: TokenCursor): void {
  const count = amount(pass, operands, 2 ** 24);
  const sizeBytes = operands.skip(",") ? amount(pass, operands, 8) : 1;
  const value = operands.skip(",") ? pass.expression(operands).value : 0n;
  operands.expectEnd();
  const unit = bytesOf(BigInt.asUintN(8 * sizeBytes, value), sizeBytes, pass.isa.framing.byteOrder);
  for (let round = 0; round < count; round += 1) pass.append(unit);
}

function org(pass: AssemblyPass, operands: TokenCursor): void {
  const { column } = operands.peek();
  const { value, isAddress } = pass.expression(operands);
  operands.expectEnd();
  const offset = isAddress ? value - pass.section.address : value;
  if (offset < pass.section.sizeBytes) {
    throw new AssemblySyntaxError(
      `.org goes back from offset ${pass.section.sizeBytes} of ${pass.section.name} to ${offset}`,
      { column },
    );
  }
  pass.fill(Number(offset) - pass.section.sizeBytes, 0);
}

function equate(pass: AssemblyPass, operands: TokenCursor): void {
  const { kind, text } = operands.peek();
  if (kind !== "name") operands.fail("a symbol");
  operands.next();
  operands.expect(",");
  pass.define(text, pass.expression(operands));
  operands.expectEnd();
}

function alignment(unit: "power" | "bytes"): Directive {
  return (pass, operands) => {
    const { column } = operands.peek();
    const given = amount(pass, operands, largestAlignment);
    const bytes = unit === "power" ? 2 ** given : Math.max(given, 1);
    if (bytes > largestAlignment || !Number.isInteger(Math.log2(bytes))) {
      throw new AssemblySyntaxError(`${given} is no alignment`, { column });
    }
    const hasFill = operands.skip(",") && !operands.at(",") && operands.peek().kind !== "end";
    const byte = hasFill ? Number(BigInt.asUintN(8, pass.expression(operands).value)) : undefined;
    const most = operands.skip(",") ? amount(pass, operands, largestAlignment) : largestAlignment;
    operands.expectEnd();
    const { section } = pass;
    section.alignment = Math.max(section.alignment, bytes);
    const gap = Number(alignUp(section.here, BigInt(bytes)) - section.here);
    if (gap > most) return;
    if (byte === undefined && section.isCode) padCode(pass, gap);
    else pass.fill(gap, byte ?? 0);
  };
}

/** Fills a gap with the fewest instructions, the shortest first, so that long ones are aligned. */
function padCode(pass: AssemblyPass, gap: number): void {
  const fillers: Uint8Array[] = [];
  let rest = gap;
  for (const text of pass.isa.syntax.padding ?? []) {
    const bytes = pass.instructionBytes(text);
    for (; bytes.length > 0 && rest >= bytes.length; rest -= bytes.length) fillers.push(bytes);
  }
  pass.fill(rest, 0);
  for (const bytes of fillers.reverse()) pass.append(bytes);
}

/** A number that is not negative and at most `most`. */
function amount(pass: AssemblyPass, operands: TokenCursor, most: number): number {
  const { column } = operands.peek();
  const { value } = pass.expression(operands);
  if (value < 0n || value > BigInt(most)) {
    throw new AssemblySyntaxError(`${value} is no number from 0 to ${most}`, { column });
  }
  return Number(value);
}

function list(operands: TokenCursor, item: () => void): void {
  if (operands.peek().kind === "end") return;
  do item();
  while (operands.skip(","));
  operands.expectEnd();
}
