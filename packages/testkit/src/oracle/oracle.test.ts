import { afterEach, describe, expect, it, vi } from "vitest";
import { hasOracles, OracleMissingError, oracle, oracleTools, runOracle } from "./index.ts";

afterEach(() => vi.unstubAllEnvs());

describe("oracles", () => {
  it("are missing with an error under CI, quietly elsewhere", async () => {
    vi.resetModules();
    vi.stubEnv("PATH", "/nonexistent");
    vi.stubEnv("CI", "");
    const fresh = await import("./oracle.ts");
    expect(fresh.hasOracles("qemu-riscv64")).toBe(false);
    const { missingOraclesHint } = await import("./install.ts");
    expect(missingOraclesHint()).toMatch(/apt-get install .*qemu-user/);
    vi.stubEnv("CI", "true");
    expect(() => fresh.hasOracles("qemu-riscv64")).toThrow(/apt-get install qemu-user/);
    expect(() => fresh.oracle("riscv64-linux-gnu-as")).toThrow(fresh.OracleMissingError);
  });

  it("name what installs them", () => {
    for (const tool of Object.values(oracleTools))
      expect(tool.debianPackage).toMatch(/^[a-z0-9-]+$/);
    expect(OracleMissingError.name).toBe("OracleMissingError");
  });

  describe.skipIf(!hasOracles("qemu-riscv64"))("when installed", () => {
    it("run", async () => {
      expect(oracle("qemu-riscv64")).toMatch(/qemu-riscv64/);
      const { code, stdout } = await runOracle("qemu-riscv64", ["--version"]);
      expect(code).toBe(0);
      expect(new TextDecoder().decode(stdout)).toContain("qemu-riscv64 version");
    });
  });
});
