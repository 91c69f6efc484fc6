import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { CommandError } from "../errors.ts";
import { hostCommand } from "./host-command.ts";

afterEach(() => vi.unstubAllEnvs());

it("gives what a tool writes, with the environment that it is given", () => {
  const output = hostCommand("sh", ["-c", 'printf %s "$LC_ALL $NAME"'], { NAME: "value" });
  expect(Buffer.from(output).toString()).toBe("C value");
});

it("says where a tool comes from that is not there", () => {
  const directory = mkdtempSync(join(tmpdir(), "isovm-"));
  vi.stubEnv("PATH", directory);
  expect(() => hostCommand("xz", [])).toThrow(CommandError);
  expect(() => hostCommand("xz", [])).toThrow(
    "xz not found: install it (Debian's package xz-utils has it)",
  );
  rmdirSync(directory);
});

it("passes on what a tool says that fails", () => {
  expect(() => hostCommand("sh", ["-c", "echo no >&2; exit 3"])).toThrow("sh failed (3): no");
});
