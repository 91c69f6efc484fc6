import { describe, expect, it } from "vitest";
import { UsageError } from "../errors.ts";
import { parseCount } from "./count.ts";
import { parseVariable } from "./environment.ts";
import { parseMount } from "./mount.ts";
import { parseAddress } from "./number.ts";
import { parseSize } from "./size.ts";
import { parseWord } from "./word.ts";

describe("values on the command line", () => {
  it.each([
    ["4096", 4096],
    ["64k", 65536],
    ["512M", 2 ** 29],
    ["1.5GiB", 1.5 * 2 ** 30],
    ["2gb", 2 ** 31],
  ])("size %s", (text, value) => expect(parseSize(text)).toBe(value));

  it.each(["", "0", "-1", "M", "1T", "1e3", "1 M", "0.1", "9999999G"])("no size: %j", (text) =>
    expect(() => parseSize(text)).toThrow(UsageError),
  );

  it.each([
    ["1000", 1000],
    ["1_000_000", 1e6],
    ["1e9", 1e9],
    ["50M", 5e7],
    ["1.5G", 1.5e9],
    ["3k", 3000],
  ])("count %s", (text, value) => expect(parseCount(text)).toBe(value));

  it.each(["", "0", "-5", "k", "1e30", "ten", "_1"])("no count: %j", (text) =>
    expect(() => parseCount(text)).toThrow(UsageError),
  );

  it.each([
    ["a:/b", { host: "a", guest: "/b", readOnly: false }],
    [".:/w:ro", { host: ".", guest: "/w", readOnly: true }],
    ["/x:/w:rw", { host: "/x", guest: "/w", readOnly: false }],
    ["C:/data:/w:ro", { host: "C:/data", guest: "/w", readOnly: true }],
    ["/with:colon:/w", { host: "/with:colon", guest: "/w", readOnly: false }],
    ["/x:/", { host: "/x", guest: "/", readOnly: false }],
  ])("mount %s", (text, value) => expect(parseMount(text)).toEqual(value));

  it.each(["", "a", ":/b", "a:b", "a:/b:xx", "a:", "/a"])("no mount: %j", (text) =>
    expect(() => parseMount(text)).toThrow(UsageError),
  );

  it.each([
    ["A=", ["A", ""]],
    ["A=b=c", ["A", "b=c"]],
  ])("variable %s", (text, value) => expect(parseVariable(text)).toEqual(value));

  it.each(["", "A", "=b"])("no variable: %j", (text) =>
    expect(() => parseVariable(text)).toThrow(UsageError),
  );

  it.each([
    ["0x1_0000", 0x10000n],
    ["16", 16n],
  ])("address %s", (text, value) => expect(parseAddress(text)).toBe(value));

  it.each(["", "-1", "0x", "1g"])("no address: %j", (text) =>
    expect(() => parseAddress(text)).toThrow(UsageError),
  );

  it.each([
    ["0x8067", 0x8067n],
    ["0b1", 1n],
  ])("word %s", (text, value) => expect(parseWord(text)).toBe(value));
});
