import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { transformSync } from "esbuild";
import { expect, it } from "vitest";

it.runIf(existsSync("/proc/self/task"))("lets the main thread go first, and only that", () => {
  const source = readFileSync(new URL("./helper-threads.ts", import.meta.url), "utf8");
  const script = `${transformSync(source, { loader: "ts" }).code}
    const tasks = () => readdirSync("/proc/self/task").map(Number);
    const others = tasks().filter((task) => task !== process.pid);
    const before = getPriority();
    yieldHelpers();
    console.log(JSON.stringify([before, getPriority(), ...others.map((task) => getPriority(task))]));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script]);
  const [before = 0, own, ...others]: number[] = JSON.parse(output.toString());
  expect(own).toBe(before);
  expect(others.length).toBeGreaterThan(0);
  expect(others.every((priority) => priority === Math.min(19, before + 10))).toBe(true);
});
