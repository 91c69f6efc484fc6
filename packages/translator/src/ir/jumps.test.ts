import { assemble, Decoder } from "@isovm/decoder";
import { rv64 } from "@isovm/riscv";
import { expect, it } from "vitest";
import { jumpKind, targetAddress } from "./jumps.ts";
import type { RegisterSlot } from "./register-slot.ts";
import type { SpecialisedInstruction } from "./specialise.ts";
import { specialiser } from "./specialiser.ts";

const isa = rv64();
const decoder = new Decoder(isa);
const specialise = specialiser(isa);

function one(text: string): SpecialisedInstruction {
  const [section] = assemble(isa, text, { origin: 0x1000n }).sections;
  const decoded = section && decoder.decodeBytes(section.bytes);
  if (!decoded) throw new Error(`"${text}" is no instruction`);
  return specialise(decoded.row, decoded.word);
}

const link = one("jal ra, 0x1000").effects.link;
const links = new Set<RegisterSlot>(link ? [link] : []);

it.each([
  ["jal ra, 0x1000", "call"],
  ["jalr ra, 0(a0)", "call"],
  ["jalr t0, 0(ra)", "call"],
  ["jal zero, 0x1000", "jump"],
  ["jalr zero, 0(a0)", "jump"],
  ["jalr zero, 8(ra)", "jump"],
  ["jalr zero, 0(ra)", "return"],
  ["c.jr ra", "return"],
  ["c.jalr a5", "call"],
  ["beq a0, a1, 0x1000", "branch"],
  ["addi a0, a0, 1", undefined],
])("%s: %s", (text, kind) => {
  expect(jumpKind(one(text), links)).toBe(kind);
});

it("a return is a jump as long as no call was seen", () => {
  expect(jumpKind(one("c.jr ra"))).toBe("jump");
});

it("targets wrap at the end of the address space", () => {
  const target = one("jal zero, 0x0ff0").effects.jumps[0]?.target;
  expect(target && targetAddress(target, 0x2000n, 4, 64)).toBe(0x1ff0n);
  expect(target && targetAddress(target, 0x8n, 4, 32)).toBe(0xffff_fff8n);
});
