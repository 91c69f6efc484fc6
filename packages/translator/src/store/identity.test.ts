import { expect, it } from "vitest";
import { hex } from "./hash.ts";
import { identityOf } from "./identity.ts";

it("tells keys apart that differ anywhere", async () => {
  const keys = [
    { program: "p", isa: "i", version: "v" },
    { program: "pi", isa: "", version: "v" },
    { program: "", isa: "pi", version: "v" },
    { program: "p", isa: "iv", version: "" },
    { program: "p", isa: "i", version: "w" },
    { program: "p", isa: "j", version: "v" },
    { program: Uint8Array.of(0x70), isa: "i", version: "v" },
    { program: Uint8Array.of(0x70, 0), isa: "i", version: "v" },
  ];
  const identities = await Promise.all(keys.map(identityOf));
  expect(new Set(identities.map(hex)).size).toBe(keys.length);
  expect(identities.every(({ length }) => length === 32)).toBe(true);
  expect(await identityOf({ program: "p", isa: "i", version: "v" })).toEqual(identities[0]);
});
