/** The assembler. */
import type { Isa } from "@isovm/isa-spec";
import type { AssemblyValue } from "../syntax/evaluate.ts";
import { languageOf } from "../syntax/language.ts";
import { AssemblyError } from "./assembly-error.ts";
import { expandMacros } from "./macros.ts";
import { type AssembledLine, AssemblyPass } from "./pass.ts";
import { InstructionResolver } from "./resolve.ts";
import type { PassResult } from "./scope.ts";
import { inMemoryOrder, placeSections } from "./sections.ts";
import { statementsOf } from "./source.ts";

/** How text is assembled. */
export interface AssembleOptions {
  /** Address of the first byte; 0 if not given. */
  readonly origin?: bigint;
  /** Symbols that the text may use without defining them. */
  readonly symbols?: Readonly<Record<string, bigint>>;
  /** Sections begin at multiples of this many bytes, such as a page; 1 if not given. */
  readonly sectionAlignment?: number;
  /** What the program may take at most; 64 MiB if not given. */
  readonly largestSizeBytes?: number;
}

/** A section of an assembled program. */
export interface AssembledSection {
  readonly name: string;
  readonly address: bigint;
  /** Its bytes; zeros for a zero-filled section. */
  readonly bytes: Uint8Array;
  /** Whether it needs no bytes in a file (`.bss`). */
  readonly isZeroFilled: boolean;
}

/** An assembled program. */
export interface Assembly {
  /** All sections as they lie in memory from `base` on, gaps between them zero. */
  readonly bytes: Uint8Array;
  /** Address of the first byte. */
  readonly base: bigint;
  /** Addresses of labels and values of `.equ` symbols, local labels excluded. */
  readonly symbols: ReadonlyMap<string, bigint>;
  /** The sections that have bytes, in the order of their addresses. */
  readonly sections: readonly AssembledSection[];
  /** Which bytes each source line became, in the order of the source. */
  readonly lines: readonly AssembledLine[];
}

/** Layouts that depend on themselves may never settle; this many passes are enough for others. */
const mostPasses = 32;

/**
 * Assembles text in the syntax of GNU `as`: labels (`loop:`, `1:` with `1b` and `1f`), the rows
 * and pseudo-instructions of the ISA, its relocation functions, expressions, and directives for
 * data, alignment, symbols, sections, `.macro` and `.rept`.
 *
 * Instructions are encoded as they are written: nothing is compressed or relaxed.
 *
 * @throws AssemblyError with all mistakes found, each with its line and column.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { assemble } from "@isovm/decoder";
 * import { rv64 } from "@isovm/riscv";
 *
 * const program = assemble(
 *   rv64(),
 *   `       li a0, 10
 *    loop:  addi a0, a0, -1
 *           bnez a0, loop
 *           ret`,
 *   { origin: 0x1000n },
 * );
 * assert.equal(program.bytes.length, 16);
 * assert.equal(program.symbols.get("loop"), 0x1004n);
 * ```
 */
export function assemble(isa: Isa, source: string, options: AssembleOptions = {}): Assembly {
  const { origin = 0n, sectionAlignment = 1, largestSizeBytes = 64 * 2 ** 20 } = options;
  const { comment } = isa.syntax;
  const statements = expandMacros(statementsOf(source, comment), comment);
  const resolver = new InstructionResolver(languageOf(isa));
  const predefined = new Map(
    Object.entries(options.symbols ?? {}).map(([name, value]) => [
      name,
      { value, isAddress: false },
    ]),
  );
  let before: PassResult | undefined;
  for (let round = 0; round < mostPasses; round += 1) {
    const pass = new AssemblyPass({
      isa,
      origin,
      resolver,
      largestSizeBytes,
      before,
      predefined,
    });
    pass.run(statements);
    const places = placeSections(pass.sections.values(), origin, sectionAlignment);
    const { symbols, locals, relocated } = pass;
    const after = { symbols, locals, relocated, places };
    if (before && isSame(before, after)) return finish(pass, origin);
    before = after;
  }
  throw new AssemblyError([
    { line: 1, column: 1, text: "", message: "the addresses of labels depend on themselves" },
  ]);
}

function isSame(before: PassResult, after: PassResult): boolean {
  const address = (value: bigint, other: bigint | undefined): boolean => value === other;
  const symbol = (value: AssemblyValue, other: AssemblyValue | undefined): boolean =>
    value.value === other?.value && value.isAddress === other.isAddress;
  const addresses = (values: readonly bigint[], others: readonly bigint[] | undefined): boolean =>
    values.length === others?.length && values.every((value, index) => value === others[index]);
  return (
    isSameMap(before.symbols, after.symbols, symbol) &&
    isSameMap(before.places, after.places, address) &&
    isSameMap(before.relocated, after.relocated, address) &&
    isSameMap(before.locals, after.locals, addresses)
  );
}

function isSameMap<Value>(
  one: ReadonlyMap<string, Value>,
  other: ReadonlyMap<string, Value>,
  equal: (a: Value, b: Value | undefined) => boolean,
): boolean {
  return one.size === other.size && [...one].every(([key, value]) => equal(value, other.get(key)));
}

function finish(pass: AssemblyPass, origin: bigint): Assembly {
  if (pass.diagnostics.length > 0) throw new AssemblyError(pass.diagnostics);
  const sections = inMemoryOrder(pass.sections.values())
    .filter(({ sizeBytes }) => sizeBytes > 0)
    .map((section) => ({
      name: section.name,
      address: section.address,
      bytes: section.bytes(),
      isZeroFilled: section.isZeroFilled,
    }));
  const end = sections.reduce(
    (last, { address, bytes }) => Math.max(last, Number(address - origin) + bytes.length),
    0,
  );
  const image = new Uint8Array(end);
  for (const { address, bytes } of sections) image.set(bytes, Number(address - origin));
  const symbols = new Map(
    [...pass.symbols]
      .filter(([name]) => !name.startsWith("$"))
      .map(([name, { value }]) => [name, value]),
  );
  return { bytes: image, base: origin, symbols, sections, lines: pass.lines };
}
