import fc from "fast-check";
import { expect, it } from "vitest";
import { EscapeKeys } from "./escape-keys.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (guest: Uint8Array): string => new TextDecoder().decode(guest);

it("finds isovm's keys among the guest's, also between two reads", () => {
  const keys = new EscapeKeys();
  const first = keys.split(bytes("ab\x01"));
  expect([text(first.guest), first.commands]).toEqual(["ab", []]);
  const second = keys.split(bytes("hc\x01\x01\x01X\x01qd\x01s"));
  expect([text(second.guest), second.commands]).toEqual([
    "c\x01\x01qd",
    ["help", "end", "snapshot"],
  ]);
});

it("leaves everything else alone, however it is cut", () => {
  const chunk = fc.uint8Array({ min: 2, maxLength: 10 });
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 5 }), (chunks) => {
      const keys = new EscapeKeys();
      const guest = chunks.flatMap((part) => [...keys.split(part).guest]);
      expect(guest).toEqual(chunks.flatMap((part) => [...part]));
    }),
  );
});
