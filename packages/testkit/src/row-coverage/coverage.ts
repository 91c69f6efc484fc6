/** What random programs reach: every row, every branch of its IR, every way that it can stop. */
import { Decoder } from "@isovm/decoder";
import type { Exit, Instruction, Intrinsic, Isa } from "@isovm/isa-spec";
import { shapeOf, writesMemory } from "../program/row-shape.ts";
import { addProbes, type Probe, probeName } from "./probes.ts";

/** Counts what happens to each row. */
export class Coverage {
  /** The ISA to run programs with: its rows report to this object. */
  readonly isa: Isa;
  /** Host functions that the engine needs for it. */
  readonly intrinsics: Readonly<Record<string, Intrinsic>>;
  readonly #original: Isa;
  readonly #probes: readonly Probe[];
  readonly #decoder: Decoder;
  readonly #reached = new Set<number>();
  /** By row: what was seen beside branches. */
  readonly #seen = new Map<string, Set<string>>();

  constructor(isa: Isa) {
    this.#original = isa;
    this.#decoder = new Decoder(isa);
    const { isa: probed, probes } = addProbes(isa);
    this.isa = probed;
    this.#probes = probes;
    this.intrinsics = { [probeName]: (operands) => this.#hit(operands) };
  }

  /** Notes a stop at the instruction with the given bits. */
  stopped(exit: Exit, bits: bigint, sizeBytes: number): void {
    const row = this.#decoder.decode(bits, sizeBytes)?.row;
    if (row) this.#note(row, stopName(exit));
  }

  /** What was not seen, by row; rows of which all was seen are left out. */
  missing(): ReadonlyMap<Instruction, readonly string[]> {
    const missing = new Map<Instruction, string[]>();
    const note = (row: Instruction, what: string): void => {
      missing.set(row, [...(missing.get(row) ?? []), what]);
    };
    this.#probes.forEach(({ row, place }, index) => {
      if (!this.#reached.has(index) && isReachable(row, place)) note(row, place);
    });
    for (const row of this.#original.instructions) {
      const seen = this.#seen.get(row.mnemonic);
      for (const wanted of [...stopsOf(row), ...operandsOf(row)]) {
        if (!seen?.has(wanted)) note(row, wanted);
      }
    }
    return missing;
  }

  /** How much was seen, of how much. */
  summary(): { readonly rows: number; readonly branches: number; readonly probes: number } {
    const begun = this.#probes.filter(({ place }, i) => place === "begin" && this.#reached.has(i));
    return { rows: begun.length, branches: this.#reached.size, probes: this.#probes.length };
  }

  #hit([number = 0n, ...fields]: readonly bigint[]): bigint {
    const index = Number(number);
    this.#reached.add(index);
    const row = this.#probes[index]?.row;
    if (row && fields.length > 0) {
      for (const name of operandClasses(row, fields)) this.#note(row, name);
    }
    return 0n;
  }

  #note({ mnemonic }: Instruction, what: string): void {
    const seen = this.#seen.get(mnemonic) ?? new Set();
    this.#seen.set(mnemonic, seen);
    seen.add(what);
  }
}

function stopName(exit: Exit): string {
  return exit.kind === "fault" ? `${exit.access} ${exit.reason}` : exit.kind;
}

/** Whether a probe can be reached: the end behind a jump or a stop that is certain cannot. */
function isReachable(row: Instruction, place: string): boolean {
  if (place !== "end") return true;
  const last = row.semantics.body.at(-1)?.kind;
  return last !== "jump" && last !== "effect" && last !== "trap" && last !== "illegal";
}

/** The stops that a row can come to. */
function stopsOf(row: Instruction): readonly string[] {
  const { accesses, effects } = shapeOf(row);
  const faults = accesses.flatMap(({ statement, alignment }) => {
    const access = writesMemory(statement) ? "write" : "read";
    const misaligned = alignment === "required" ? [`${access} misaligned`] : [];
    return [`${access} unmapped`, `${access} permission`, ...misaligned];
  });
  return [...faults, ...(effects.length > 0 ? ["effect"] : [])];
}

/** The classes of operands that a row should be seen with. */
function operandsOf(row: Instruction): readonly string[] {
  const wanted: string[] = [];
  const registers = Object.entries(row.operands).filter(([, { text }]) => text.kind === "register");
  const files = registers.map(([, { text }]) => (text.kind === "register" ? text.file.name : ""));
  if (registers.length > 1 && new Set(files).size < files.length) {
    wanted.push("two registers alike", "two registers differ");
  }
  for (const [name, { text, width, excluded }] of Object.entries(row.operands)) {
    if (text.kind === "names" && width <= 3) {
      for (let value = 0; value < 2 ** width; value += 1) {
        if (excluded.includes(BigInt(value))) continue;
        if (text.names[value] !== undefined) wanted.push(`${name} = ${value}`);
      }
    }
    if (text.kind !== "register" || text.first > 0 || text.file.zero === undefined) continue;
    if (!excluded.includes(0n)) wanted.push(`${name} is the zero register`);
    wanted.push(`${name} isn't the zero register`);
  }
  return wanted;
}

/** The classes that an instruction with these operands is of. */
function operandClasses(row: Instruction, fields: readonly bigint[]): readonly string[] {
  const classes: string[] = [];
  const seen = new Set<string>();
  let compared = false;
  Object.entries(row.operands).forEach(([name, { text }], index) => {
    const value = fields[index] ?? 0n;
    if (text.kind === "names") classes.push(`${name} = ${value}`);
    if (text.kind !== "register") return;
    const register = `${text.file.name}${text.first + Number(value)}`;
    const zero = text.file.zero === text.first + Number(value);
    if (zero) classes.push(`${name} is the zero register`);
    else classes.push(`${name} isn't the zero register`);
    if (seen.has(register)) classes.push("two registers alike");
    else if ([...seen].some((other) => other.startsWith(text.file.name))) compared = true;
    seen.add(register);
  });
  return compared ? [...classes, "two registers differ"] : classes;
}
