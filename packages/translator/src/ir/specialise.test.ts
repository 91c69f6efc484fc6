/** Specialised instructions against their rows, both executed by the reference evaluator. */
import { reference } from "@isovm/interpreter";
import {
  type ArchitecturalState,
  type Exit,
  extractField,
  type Instruction,
  type Isa,
} from "@isovm/isa-spec";
import { rv32, rv64 } from "@isovm/riscv";
import {
  Bench,
  bytesOf,
  exitText,
  instructionWords,
  type Mapping,
  rights,
  riscvProfile,
  sandbox,
  states,
} from "@isovm/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { targetAddress } from "./jumps.ts";
import type { RegisterSlot } from "./register-slot.ts";
import { type SpecialisedInstruction, specialise } from "./specialise.ts";
import { bodyIsa } from "./testing/body-isa.ts";

const codePage = 0x1_0000;
const mappings: readonly Mapping[] = [
  { start: codePage, length: 4096, rights: rights.read | rights.execute },
  {
    start: sandbox.start,
    length: sandbox.writableBytes,
    rights: rights.read | rights.write,
  },
  { start: sandbox.readOnly, length: 4096, rights: rights.read },
];

interface Outcome {
  readonly exit: string;
  readonly pc: bigint;
  readonly reservation: bigint | undefined;
  readonly registers: Uint8Array;
  readonly memory: Uint8Array | undefined;
}

/** Executes one instruction; `prepare` sets the state. */
function step(
  bench: Bench,
  code: Uint8Array,
  prepare: (state: ArchitecturalState) => void,
): Outcome {
  bench.reset(mappings);
  const { state } = bench.engine;
  bench.poke(codePage + 16, code);
  bench.poke(
    sandbox.start,
    Uint8Array.from({ length: 8192 }, (_, index) => index * 151),
  );
  state.pc = BigInt(codePage + 16);
  prepare(state);
  const exit = bench.engine.run(1);
  const { reservation, pc } = state;
  // An address that is reserved no more has no meaning.
  state.reservation = reservation ?? 0n;
  return {
    exit: textOf(exit),
    pc,
    reservation,
    registers: state.save(),
    memory: bench.contentOf({ start: sandbox.start, length: 8192, rights: rights.read }),
  };
}

/** Where two outcomes differ; a matcher takes long to compare pages of memory. */
function difference(a: Outcome, b: Outcome): readonly unknown[] {
  const same = (x: Uint8Array | undefined, y: Uint8Array | undefined): boolean =>
    Buffer.from(x ?? []).equals(Buffer.from(y ?? []));
  return [
    ...(a.exit === b.exit ? [] : [a.exit, b.exit]),
    ...(a.pc === b.pc ? [] : [a.pc, b.pc]),
    ...(a.reservation === b.reservation ? [] : [a.reservation, b.reservation]),
    ...(same(a.registers, b.registers) ? [] : [a.registers, b.registers]),
    ...(same(a.memory, b.memory) ? [] : ["memory"]),
  ];
}

/** The words of the two ISAs differ. */
function textOf(exit: Exit): string {
  return exit.kind === "illegal" ? "illegal" : exitText(exit);
}

function specialised(isa: Isa, row: Instruction, word: bigint): SpecialisedInstruction {
  return specialise(row, isa.layout, (name) => extractField(row.pattern, name, word));
}

describe.each([rv64(), rv32()])("$name", (isa) => {
  const profile = riscvProfile(isa);
  const original = new Bench(isa, reference);
  const bodies = bodyIsa(isa, 1);
  const rewritten = new Bench(bodies.isa, reference);
  // A third one, so that the first two have always retired equally many instructions.
  const disturbing = new Bench(bodies.isa, reference);
  const registers = [...isa.layout.files.values()].flatMap(({ definition, offset, strideBytes }) =>
    Array.from({ length: definition.count }, (_, index) => ({
      file: definition.name,
      index,
      offset: offset + index * strideBytes,
      strideBytes,
    })),
  );
  const valueAt = (bytes: Uint8Array, { offset }: { offset: number }): string => {
    const strideBytes = registers.find((one) => one.offset === offset)?.strideBytes ?? 8;
    return bytes.subarray(offset, offset + strideBytes).toString();
  };

  it.each(isa.instructions.map((row) => [row.mnemonic, row] as const))("%s", (_, row) => {
    fc.assert(
      fc.property(
        instructionWords(row, { usual: (operand) => profile.usualValues(row, operand) }),
        states(profile),
        states(profile),
        fc.boolean(),
        (word, values, others, reserved) => {
          const instruction = specialised(isa, row, word.bits);
          const { effects } = instruction;
          const set = (state: ArchitecturalState): void => {
            for (const { file, index } of registers) {
              state.write(file, index, values[file]?.[index] ?? 0n);
            }
            state.reservation = reserved ? values.x?.[8] : undefined;
          };
          const before = step(original, bytesOf([word]), set);
          const after = step(rewritten, bodies.assemble([instruction]), set);
          expect(difference(after, before)).toEqual([]);

          const initial = original.engine.state;
          set(initial);
          const start = initial.save();
          const isIn = (list: readonly RegisterSlot[], offset: number): boolean =>
            list.some((slot) => slot.offset === offset);
          for (const place of registers) {
            if (isIn(effects.writes, place.offset)) continue;
            expect(valueAt(after.registers, place)).toBe(valueAt(start, place));
          }
          const completed = after.exit === "budget";
          if (!completed) expect(effects.mayLeave || effects.untranslatable).toBeTruthy();
          const next = BigInt(codePage + 16 + row.sizeBytes);
          if (completed) {
            const targets = effects.jumps.map(({ target }) =>
              target
                ? targetAddress(target, BigInt(codePage + 16), row.sizeBytes, isa.addressWidth)
                : after.pc,
            );
            if (effects.fallsThrough) targets.push(next);
            expect(targets).toContain(after.pc);
          }

          // Registers that it doesn't read make no difference; those that it surely writes lose
          // what they held.
          if (effects.untranslatable) return;
          const disturbed = step(disturbing, bodies.assemble([instruction]), (state) => {
            set(state);
            for (const { file, index, offset } of registers) {
              if (isIn(effects.reads, offset)) continue;
              state.write(file, index, others[file]?.[index] ?? 0n);
            }
          });
          expect([disturbed.exit, disturbed.pc]).toEqual([after.exit, after.pc]);
          expect(difference(disturbed, after)).not.toContain("memory");
          for (const slot of completed ? effects.certainWrites : []) {
            expect(valueAt(disturbed.registers, slot)).toBe(valueAt(after.registers, slot));
          }
        },
      ),
      { numRuns: 12 },
    );
  });
});
