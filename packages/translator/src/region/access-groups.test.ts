import { rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { groupAccesses } from "./access-groups.ts";
import { regionOf } from "./testing/assembled.ts";

const isa = rv64();

/** The groups of a straight piece of code: direction, range and numbers of their instructions. */
function groupsOf(source: string, alone: readonly number[] = []): readonly string[] {
  const { region } = regionOf(isa, `start: ${source.replaceAll(";", "\n")}\n ecall`, "start");
  const block = region?.blocks[0];
  if (!block) throw new Error("no block");
  const { instructions } = block;
  const groups = groupAccesses(block, isa.layout, (placed) =>
    alone.includes(instructions.indexOf(placed)),
  );
  const members = new Map<object, number[]>();
  for (const [placed, group] of groups) {
    members.set(group, [...(members.get(group) ?? []), instructions.indexOf(placed)]);
    expect(instructions.indexOf(group.first)).toBe(members.get(group)?.[0]);
  }
  const texts = [...new Set(groups.values())].map(
    (group) => `${group.direction} ${group.low}..${group.end}: ${members.get(group)}`,
  );
  return texts.sort();
}

describe("groupAccesses", () => {
  it("takes accesses at distances from one register together, loads and stores apart", () => {
    expect(groupsOf("sd ra, 8(sp); lw a0, 4(sp); sd s0, 0(sp); lb a1, 40(sp)")).toEqual([
      "read 4..41: 1,3",
      "write 0..16: 0,2",
    ]);
  });

  it("ends a group where its register changes, after the instruction that does it", () => {
    expect(groupsOf("ld a1, 0(a0); ld a0, 8(a0); ld a2, 16(a0); ld a3, 24(a0)")).toEqual([
      "read 0..16: 0,1",
      "read 16..32: 2,3",
    ]);
  });

  it("has no groups of one, none of atomics, and none that is too wide", () => {
    expect(groupsOf("ld a1, 0(a0); ld a2, 0(a3)")).toEqual([]);
    expect(groupsOf("amoadd.w a1, a2, (a0); amoadd.w a1, a2, (a0)")).toEqual([]);
    expect(groupsOf("ld a1, 0(a0); ld a2, 1000(a0)")).toEqual([]);
  });

  it("leaves out what is to be alone", () => {
    expect(groupsOf("ld a1, 0(a0); ld a2, 8(a0); ld a3, 16(a0)", [0])).toEqual(["read 8..24: 1,2"]);
  });
});
