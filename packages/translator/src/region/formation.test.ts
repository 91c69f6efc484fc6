import { rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { regionOf } from "./testing/assembled.ts";

const isa = rv64();

const calls = `
start:  li a0, 3
loop:   jal leaf
behind: addi a0, a0, -1
        bnez a0, loop
        ecall
leaf:   addi a1, a1, 2
end:    ret
`;

describe("formRegion", () => {
  it("follows calls and their returns, and stops before what can't be translated", () => {
    const { region, at } = regionOf(isa, calls, "start");
    expect([...(region?.blockAt.keys() ?? [])].sort((a, b) => a - b)).toEqual(
      ["start", "loop", "behind", "leaf"].map(at),
    );
    const end = region?.blocks.find(({ pc }) => pc === at("leaf"));
    expect(end?.expected).toEqual([at("behind")]);
  });

  it("has no place behind a call whose return it doesn't reach", () => {
    const { region, at } = regionOf(isa, calls, "start", { limit: 3 });
    expect(region?.blockAt.has(at("behind"))).toBe(false);
    expect(region?.instructionCount).toBeLessThanOrEqual(3);
  });

  it("leaves out what isn't included", () => {
    const cold = regionOf(isa, calls, "start").at("leaf");
    const { region, at } = regionOf(isa, calls, "start", { includes: ({ pc }) => pc !== cold });
    expect([...(region?.blockAt.keys() ?? [])]).toEqual([at("start"), at("loop")]);
  });

  it("goes where indirect jumps were seen to go", () => {
    const source = "start: jr a5\n one: addi a0, a0, 1\n j start\n two: addi a0, a0, 2\n j start";
    const labels = regionOf(isa, source, "start").at;
    const { region } = regionOf(isa, source, "start", {
      observed: ({ pc }) => (pc === labels("start") ? [labels("one"), labels("two")] : []),
    });
    expect(region?.blocks[0]?.expected).toEqual([labels("one"), labels("two")]);
    expect(region?.successors[0]).toEqual([1, 2]);
  });

  it("follows far calls and jumps, whose target two instructions compute", () => {
    const source = `
      start: auipc ra, 0
             jalr  ra, 20(ra)
      back:  auipc t1, 0
             jalr  zero, -8(t1)
             ecall
      leaf:  ret`;
    const { region, at } = regionOf(isa, source, "start");
    const blocks = [...(region?.blockAt.keys() ?? [])].sort((a, b) => a - b);
    expect(blocks).toEqual(["start", "back", "leaf"].map(at));
    expect(region?.blocks[0]?.expected).toEqual([at("leaf")]);
    const back = region?.blocks.find(({ pc }) => pc === at("back"));
    expect(back?.expected).toEqual([at("start")]);
    const leaf = region?.blocks.find(({ pc }) => pc === at("leaf"));
    expect(leaf?.expected).toEqual([at("back")]);
  });

  it("is nothing where the entry can't be translated", () => {
    expect(regionOf(isa, "start: ecall", "start").region).toBeUndefined();
  });
});
