import { expect, it } from "vitest";
import { frequentPairs } from "./frequent-pairs.ts";
import { rv64 } from "./isa.ts";

it("names instructions of RV64", () => {
  const known = new Set(rv64().instructions.map(({ mnemonic }) => mnemonic));
  const named = Object.entries(frequentPairs).flat(2);
  expect(named.filter((mnemonic) => !known.has(mnemonic))).toEqual([]);
});
