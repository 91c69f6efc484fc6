/** Bodies into which known registers were put, against the bodies themselves. */
import { reference } from "@isovm/interpreter";
import {
  bits,
  extractField,
  jump,
  pc,
  repeatWhile,
  type Statement,
  semantics,
  variable,
  when,
} from "@isovm/isa-spec";
import { defineHart, rv64 } from "@isovm/riscv";
import {
  Bench,
  exitText,
  instructionWords,
  rights,
  riscvProfile,
  sandbox,
  states,
} from "@isovm/testkit";
import fc from "fast-check";
import { expect, it } from "vitest";
import { fileRegisterSlots } from "./register-slot.ts";
import { rewriteBody } from "./rewrite.ts";
import { specialise } from "./specialise.ts";
import { bodyIsa } from "./testing/body-isa.ts";

const isa = rv64();
const { layout } = isa;
const profile = riscvProfile(isa);
const { x } = defineHart({ xlen: 64 });

const handMade: readonly (readonly Statement[])[] = [
  // A loop that changes a variable and a register that were known before it.
  semantics("loop", () => {
    const count = variable(bits(64, 3));
    const sum = variable(x.at(10).read());
    repeatWhile(
      () => count.get().notEqual(0),
      () => {
        x.at(11).write(x.at(11).read().add(sum.get()));
        sum.set(sum.get().add(x.at(12).read()));
        count.set(count.get().sub(1));
      },
    );
    x.at(12).write(sum.get().add(x.at(11).read()));
  }).body,
  // Paths that agree on one register and not on another one, and a jump out of one of them.
  semantics("choice", () => {
    const chosen = variable(bits(64, 7));
    when(
      x.at(10).read().bit(0),
      () => {
        chosen.set(bits(64, 8));
        x.at(11).write(bits(64, 1));
        x.at(12).write(bits(64, 2));
      },
      () => {
        x.at(11).write(bits(64, 1));
        when(x.at(13).read().bit(0), () => jump(pc(64).add(8)));
      },
    );
    x.at(13).write(chosen.get().add(x.at(12).read()).add(x.at(11).read()));
  }).body,
  // A loop that is never entered.
  semantics("no loop", () => {
    const none = variable(bits(64, 0));
    repeatWhile(
      () => none.get().notEqual(0),
      () => x.at(10).write(bits(64, 0)),
    );
  }).body,
];

const anyRow = fc
  .constantFrom(...isa.instructions)
  .chain((row) =>
    instructionWords(row, { usual: (operand) => profile.usualValues(row, operand) }).map(
      ({ bits: word }) =>
        specialise(row, layout, (name) => extractField(row.pattern, name, word)).body,
    ),
  );

it("do the same, and leave in registers what is said", () => {
  const code = 0x1_0000;
  const bodies = [bodyIsa(isa, 1), bodyIsa(isa, 1)] as const;
  const benches = bodies.map((one) => new Bench(one.isa, reference));
  const bodyArbitrary = fc.oneof(anyRow, fc.constantFrom(...handMade));
  fc.assert(
    fc.property(
      bodyArbitrary,
      states(profile),
      fc.array(fc.boolean(), { minLength: 66, maxLength: 66 }),
      (body, values, choices) => {
        const known = new Map(
          [...layout.files.keys()]
            .flatMap((file) =>
              fileRegisterSlots(layout, file).map(
                (slot, index) => [slot, values[file]?.[index] ?? 0n] as const,
              ),
            )
            .filter((_, index) => choices[index]),
        );
        const { body: rewritten, registers } = rewriteBody(body, {
          layout,
          place: { pc: BigInt(code), nextPc: BigInt(code + 4) },
          registers: known,
        });
        const outcomes = benches.map((bench, which) => {
          bench.reset([
            { start: code, length: 4096, rights: rights.read | rights.execute },
            {
              start: sandbox.start,
              length: sandbox.writableBytes,
              rights: rights.read | rights.write,
            },
          ]);
          const text = bodies[which]?.assemble([
            { sizeBytes: 4, body: which === 0 ? body : rewritten },
          ]);
          bench.poke(code, text ?? new Uint8Array());
          bench.setRegisters(values);
          const { state } = bench.engine;
          state.pc = BigInt(code);
          const exit = exitText(bench.engine.run(1));
          const { reservation } = state;
          state.reservation = reservation ?? 0n;
          const content = bench.contentOf({
            start: sandbox.start,
            length: 8192,
            rights: rights.read,
          });
          const bytes = Buffer.concat([state.save(), content ?? new Uint8Array()]);
          return { exit, pc: state.pc, reservation, bytes: bytes.toString("base64") };
        });
        expect(outcomes[1]).toEqual(outcomes[0]);
        if (outcomes[0]?.exit !== "budget") return;
        const state = benches[0]?.engine.state;
        for (const file of layout.files.keys()) {
          fileRegisterSlots(layout, file).forEach((slot, index) => {
            const value = registers?.get(slot);
            const isZero = layout.files.get(file)?.definition.zero === index;
            if (value !== undefined && !isZero) expect(state?.read(file, index)).toBe(value);
          });
        }
      },
    ),
    { numRuns: 1500 },
  );
});
