/** A few instructions in one engine, set up by hand: what the suite's single checks are made of. */
import type { EngineFactory, Exit, Instruction } from "@isovm/isa-spec";
import { Bench, exitText } from "../differential/bench.ts";
import { firstDifference, type Snapshot, snapshotOf } from "../differential/snapshot.ts";
import type { TestProfile } from "../profiles/profile.ts";
import { bytesOf, type EncodedInstruction, encodeRow, type Fields } from "../program/encoded.ts";
import {
  codeStart,
  type Mapping,
  pageBytes,
  rights,
  sandbox,
  sandboxMappings,
} from "../program/layout.ts";
import { type AccessShape, type FixedRegister, shapeOf } from "../program/row-shape.ts";
import { sandboxBytes } from "../program/test-case.ts";
import { ConformanceError, check } from "./framework.ts";

const all = rights.read | rights.write | rights.execute;

/** Two pages of code that can be written. */
export const codePages: Mapping = { start: codeStart, length: 2 * pageBytes, rights: all };

/** A bench with hand-made content. */
export class Scene {
  readonly profile: TestProfile;
  readonly bench: Bench;

  constructor(profile: TestProfile, factory: EngineFactory) {
    this.profile = profile;
    this.bench = new Bench(profile.isa, factory);
  }

  /** Begins anew, with two pages of writable code and the sandbox unless other mappings are given. */
  reset(mappings: readonly Mapping[] = [codePages, ...sandboxMappings]): void {
    this.bench.reset(mappings);
    if (mappings.some(({ start }) => start === sandbox.start)) {
      this.bench.poke(sandbox.start, sandboxBytes(1, sandbox.forbidden - sandbox.start));
    }
    for (const { definition } of this.profile.isa.layout.files.values()) {
      for (let register = 0; register < definition.count; register += 1) {
        // A value of its own for each register, but modes as they usually are.
        const usual = this.profile.usualRegisters[definition.name]?.[0];
        const value = usual ?? 0x0101_0101_0101_0101n * BigInt(register + 1);
        this.bench.engine.state.write(definition.name, register, value);
      }
    }
  }

  /** Puts instructions into memory, whatever its rights. */
  place(address: number, instructions: readonly EncodedInstruction[]): void {
    this.bench.poke(address, bytesOf(instructions, this.profile.isa.framing.byteOrder));
  }

  read({ file, register }: FixedRegister): bigint {
    return this.bench.engine.state.read(file, register);
  }

  write({ file, register }: FixedRegister, value: bigint): void {
    this.bench.engine.state.write(file, register, value);
  }

  /** Runs from `address` on and checks why it stopped and where. */
  run(address: number, expected: { exit: string; at: number }, budget = 100): void {
    const { engine } = this.bench;
    engine.state.pc = BigInt(address);
    const exit = engine.run(budget);
    check("the exit", exitText(exit), expected.exit);
    check("the program counter", engine.state.pc, BigInt(expected.at));
  }

  /** Runs from `address` to the profile's exit instruction at `end`. */
  runToExit(address: number, end: number): void {
    this.run(address, { exit: `effect ${this.profile.exitEffect}`, at: end });
  }

  /** All that must not change when an instruction stops the engine. */
  snapshot(): Snapshot {
    return snapshotOf(this.bench.engine, this.profile.isa.layout, 0n);
  }

  /** Executes one instruction that must stop with `expected` and leave no trace. */
  stopsWithoutTrace(what: string, expected: string | undefined): Exit {
    const { engine, space } = this.bench;
    const before = this.snapshot();
    const memory = space.read(sandbox.start, sandbox.forbidden - sandbox.start);
    const exit = engine.run(1);
    if (expected !== undefined) check(what, exitText(exit), expected);
    const difference = firstDifference(this.profile.isa.layout, before, this.snapshot());
    if (difference) {
      throw new ConformanceError(`${what}: ${difference.name} changed though it stopped`, {
        actual: `${difference.values[1]}`,
        expected: `${difference.values[0]}`,
      });
    }
    const now = space.read(sandbox.start, memory.length);
    const changed = now.findIndex((byte, index) => byte !== memory[index]);
    check(`${what}: bytes of memory changed`, `${changed}`, "-1");
    return exit;
  }
}

/** A row that accesses memory once, with its access and the register that holds the address. */
export interface MemoryRow {
  readonly row: Instruction;
  readonly access: AccessShape;
  readonly base: FixedRegister;
  /** The row with that base register and no displacement. */
  readonly instruction: EncodedInstruction;
}

/** The rows whose address can be put into one register, each with the register. */
export function memoryRows(profile: TestProfile): readonly MemoryRow[] {
  return profile.isa.instructions.flatMap((row) => {
    const { accesses } = shapeOf(row);
    const [access] = accesses;
    if (!access || accesses.length > 1) return [];
    const [operand] = access.baseOperands;
    const [fixed] = access.baseRegisters;
    if (operand === undefined) {
      if (!fixed) return [];
      return [{ row, access, base: fixed, instruction: encodeRow(row, validFields(row)) }];
    }
    const text = row.operands[operand]?.text;
    if (text?.kind !== "register") return [];
    const { register } =
      profile.sandboxRegisters.findLast((holder) => holder.register >= text.first) ?? {};
    if (register === undefined) return [];
    const fields = { ...validFields(row), [operand]: BigInt(register - text.first) };
    const base = { file: text.file.name, register };
    return [{ row, access, base, instruction: encodeRow(row, fields) }];
  });
}

/** Zero for every operand, or the smallest value that isn't excluded. */
function validFields(row: Instruction): Fields {
  return Object.fromEntries(
    Object.entries(row.operands).map(([name, { excluded }]) => {
      let value = 0n;
      while (excluded.includes(value)) value += 1n;
      return [name, value];
    }),
  );
}
