import { expect, it } from "vitest";
import { documentSystemCalls } from "./document.ts";
import { systemCallFamilies } from "./table.ts";

it("docs/system-calls.md is up to date", async () => {
  await expect(documentSystemCalls()).toMatchFileSnapshot("../../../../../docs/system-calls.md");
});

it("no call stands in two families, and what is not full says what is missing", () => {
  const calls = systemCallFamilies.flatMap((family) => family.calls);
  const names = calls.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, support, note } of calls) {
    if (support === "partial") expect(note, name).not.toBe("");
  }
});
