import { expect, it } from "vitest";
import { InstallationProgress } from "./progress.ts";

it("tells each tenth once, whatever else is written", () => {
  const steps: string[] = [];
  const progress = new InstallationProgress(20, (step) => steps.push(step));
  for (let index = 0; index < 20; index += 1) {
    progress.see(`Unpacking a${index} (1) ...`);
    progress.see("(Reading database ... 100%");
  }
  expect(steps.at(-1)).toBe("installing: 50 %");
  for (let index = 0; index < 20; index += 1) progress.see(`Setting up a${index} (1) ...`);
  expect(steps).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((n) => `installing: ${n} %`));
  progress.see("Setting up one too many (1) ...");
  expect(steps).toHaveLength(10);
});
