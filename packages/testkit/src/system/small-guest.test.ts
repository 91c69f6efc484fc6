/** Harts, interrupts, turns and snapshots of system VMs, under every engine. */
import { byteSource } from "@isovm/abi";
import { interpreter, reference } from "@isovm/interpreter";
import { SnapshotError } from "@isovm/machine";
import { tiered } from "@isovm/translator";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuzzRuns, fuzzTimeout } from "../differential/runs.ts";
import { roundsPerHart, runSmall, type SmallGuest, smallGuest } from "./small-guest.ts";

const engines = {
  reference,
  interpreter,
  tiered: tiered(interpreter, { threshold: 0, samplePeriod: 3 }),
};
const end = 100_000_000;

/** All that is left of a machine, as text. */
function remains({ vm, output, counts }: SmallGuest): unknown {
  const { executed, nanos } = vm;
  return { executed, nanos, output: output(), counts: counts(), devices: vm.devices.state() };
}

describe.each([1, 2, 4])("%i harts", (harts) => {
  it.each([17, 100, 100_000])("count right, in turns of %i", (turnInstructions) => {
    const all = Object.values(engines).map((engine) => {
      const guest = smallGuest(engine, { harts, turnInstructions });
      expect(runSmall(guest, end)).toBe('{"kind":"poweroff","code":7}');
      return remains(guest);
    });
    const [first] = all;
    expect(first).toMatchObject({
      output: "all counted\n",
      counts: { locked: harts * roundsPerHart, atomic: harts * roundsPerHart },
    });
    for (const other of all) expect(other).toEqual(first);
  });
});

it("an interrupt comes as often as its timer says", () => {
  const guest = smallGuest(interpreter, { harts: 1, turnInstructions: 1000 });
  runSmall(guest, end);
  const { ticks } = guest.counts();
  // A tick takes 100 instructions, an interrupt comes after 5 ticks.
  expect(ticks[0]).toBe(Math.floor(Number(guest.vm.nanos) / 500));
});

describe.each(Object.entries(engines))("a snapshot under %s", (_, engine) => {
  it("continues as the machine would have", { timeout: fuzzTimeout(60_000) }, () => {
    const options = { harts: 2, turnInstructions: 50 };
    const whole = smallGuest(engine, options);
    runSmall(whole, end);
    // A machine that has powered off doesn't go on.
    const last = Number(whole.vm.executed) - 1;
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: last }), { maxLength: 3 }),
        fc.boolean(),
        (stops, isLate) => {
          let guest = smallGuest(engine, options);
          let output = "";
          let done = 0;
          for (const stop of stops.toSorted((a, b) => a - b)) {
            runSmall(guest, stop - done);
            done = stop;
            const next = smallGuest(engine, options);
            const saved = guest.vm.save({ note: done });
            expect(next.vm.restore(isLate ? byteSource(saved) : saved)).toEqual({ note: done });
            output += guest.output();
            guest = next;
          }
          runSmall(guest, end);
          expect({ ...(remains(guest) as object), output: output + guest.output() }).toEqual(
            remains(whole),
          );
        },
      ),
      fuzzRuns(engine === reference ? 4 : 15),
    );
  });
});

describe("a damaged snapshot", () => {
  const options = { harts: 1, turnInstructions: 50 };
  const guest = smallGuest(interpreter, options);
  runSmall(guest, 500);
  const bytes = guest.vm.save();

  it("is refused, wherever it is cut off", () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), (length) => {
        expect(() => guest.vm.restore(bytes.subarray(0, length))).toThrow(SnapshotError);
      }),
      { numRuns: 50 },
    );
  });

  it("or changed anywhere before its pages, and the machine can be restored all the same", () => {
    const machine = smallGuest(interpreter, options);
    const text = new TextDecoder().decode(bytes.subarray(0, 4096));
    fc.assert(
      fc.property(fc.nat({ max: text.length }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] ?? 0) ^ change;
        try {
          machine.vm.restore(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(SnapshotError);
        }
      }),
      { numRuns: 300 },
    );
    // It was used, so that its memory isn't empty.
    runSmall(machine, 100);
    machine.vm.restore(bytes);
    expect(machine.vm.save()).toEqual(bytes);
  });

  it("or of another machine", () => {
    const other = smallGuest(interpreter, { ...options, harts: 2 });
    expect(() => other.vm.restore(bytes)).toThrow("a machine with harts 1, this one has 2");
  });
});

it("two machines in one process don't know of each other", () => {
  const machines = [1, 2].map((harts) => smallGuest(interpreter, { harts, turnInstructions: 99 }));
  const running = new Set(machines);
  while (running.size > 0) {
    for (const machine of running) {
      if (runSmall(machine, 777) !== '{"kind":"fuel"}') running.delete(machine);
    }
  }
  const alone = [1, 2].map((harts) => smallGuest(interpreter, { harts, turnInstructions: 99 }));
  for (const machine of alone) runSmall(machine, end);
  expect(machines.map(({ counts }) => counts().locked)).toEqual([roundsPerHart, 2 * roundsPerHart]);
  expect(machines.map(remains)).toEqual(alone.map(remains));
});
