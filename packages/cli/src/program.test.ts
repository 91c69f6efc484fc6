import { describe, expect, it } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { isovm } from "./testing/test-io.ts";

describe("isovm", () => {
  it("shows its version", async () => {
    const { exitCode, stdout } = await isovm(["--version"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${manifest.version}\n` });
  });

  it.each([[["--help"]], [["-h"]]])("%j lists the commands", async (words) => {
    const { exitCode, stdout, stderr } = await isovm(words);
    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    for (const name of ["run", "asm", "disasm", "explain"]) {
      expect(stdout).toMatch(new RegExp(`^ +${name} `, "m"));
    }
  });

  it.each(["run", "asm", "disasm", "explain"])("%s --help has examples", async (name) => {
    const { exitCode, stdout } = await isovm([name, "--help"]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples:\n.*isovm ${name} `, "s"));
  });

  it.each([
    [["rum"], /^isovm: unknown command 'rum' \(Did you mean run\?\)/],
    [["--frob"], /^isovm: unknown option '--frob'/],
    [["reboot"], /^isovm: unknown command 'reboot'/],
  ])("refuses %j", async (words, message) => {
    const { exitCode, stdout, stderr } = await isovm(words);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect({ exitCode, stdout }).toEqual({ exitCode: 125, stdout: "" });
  });

  it("without a command shows its help as an error", async () => {
    const { exitCode, stdout, stderr } = await isovm([]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 125, stdout: "" });
    expect(stderr).toMatch(/^Usage: isovm .*\nisovm: give a command: run, boot, image, asm.*\n$/s);
  });

  it("ends quietly when its reader has gone", async () => {
    const { exitCode, stderr } = await isovm(["explain", "add"], { readerGone: true });
    expect({ exitCode, stderr }).toEqual({ exitCode: 141, stderr: "" });
  });
});
