import { describe, expect, it } from "vitest";
import { isaFromString } from "./isa-string.ts";

describe("ISA strings", () => {
  it.each([
    ["rv64gc", "rv64imafdc_zicsr_zifencei"],
    ["RV32IMAC", "rv32imac"],
    ["rv64i_zba_zicsr", "rv64i_zicsr_zba"],
    ["rv64imac_b", "rv64imac_zba_zbb_zbs"],
    ["rv64izicsr", "rv64i_zicsr"],
    ["rv32i2p1m2p0_zicsr2p0", "rv32im_zicsr"],
  ])("%s is %s", (text, name) => {
    expect(isaFromString(text).name).toBe(name);
  });

  it("without extensions means all", () => {
    expect(isaFromString("rv64").name).toContain("zcb");
    expect(isaFromString("riscv32").name).toContain("rv32imafdc");
  });

  it.each([
    ["x86", /no RISC-V ISA string/],
    ["rv64mac", /names no base/],
    ["rv64gcv", /no extension v here/],
    ["rv64id", /needs F/],
  ])("%s is refused", (text, message) => {
    expect(() => isaFromString(text)).toThrow(message);
  });
});
