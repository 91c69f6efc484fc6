import { expect, it } from "vitest";
import { Concentration } from "./concentration.ts";

/** What is told of samples, one after the other. */
function told(samples: readonly number[]): readonly boolean[] {
  const concentration = new Concentration();
  return samples.map((pc) => concentration.sample(pc));
}

const loop = (start: number): readonly number[] =>
  Array.from({ length: 200 }, (_, index) => start + (index % 50) * 2);
const flat = Array.from({ length: 400 }, (_, index) => 0x1_0000 + ((index * 37) % 100) * 0x1000);

it("tells a loop from the first sample on, also where another one begins", () => {
  expect(told([...loop(0x1_0000), ...loop(0x9_0000)])).not.toContain(false);
});

it("tells flat code once it has been in several places", () => {
  const answers = told(flat);
  expect(answers.slice(0, 7)).not.toContain(false);
  expect(answers.slice(7)).not.toContain(true);
});

it("tells a loop after flat code", () => {
  expect(told([...flat, ...loop(0x9_0000)]).slice(-150)).not.toContain(false);
});

it("knows whether the last samples were among addresses", () => {
  const concentration = new Concentration();
  for (const pc of loop(0x9_0000)) concentration.sample(pc);
  expect(concentration.isIn((pc) => pc >= 0x9_0000)).toBe(true);
  expect(concentration.isIn((pc) => pc === 0x9_0000)).toBe(false);
});
