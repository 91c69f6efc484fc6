import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LinuxError } from "../linux/errno.ts";
import { FakeMachine, StuckError } from "../linux/testing/fake-machine.ts";
import type { ElfInit } from "../linux/testing/make-elf.ts";
import { makeElf } from "../linux/testing/make-elf.ts";
import type { ElfFile } from "./elf-file.ts";
import { byteSource, checkElf, interpreterPath, parseElf } from "./elf-file.ts";
import { ExecutableError } from "./executable-error.ts";

const LIMIT = 2 ** 47;
const expectation = {
  machine: 0x1234,
  wordBits: 64,
  littleEndian: true,
  checkFlags: (flags: number) => (flags === 0xbad ? "flags of another world" : undefined),
} as const;

const plain: ElfInit = {
  wordBits: 64,
  machine: 0x1234,
  entry: 0x10000,
  segments: [
    { address: 0x10000, flags: 5, bytes: new Uint8Array(100).fill(1) },
    { address: 0x20010, flags: 6, bytes: new Uint8Array(50).fill(2), memoryBytes: 0x3000 },
  ],
};

function check(bytes: Uint8Array): ElfFile {
  const elf = parseElf(byteSource(bytes));
  checkElf(elf, expectation, bytes.length, LIMIT);
  return elf;
}

function reason(bytes: Uint8Array): string {
  try {
    check(bytes);
  } catch (error) {
    if (error instanceof ExecutableError) return error.reason;
    throw error;
  }
  return "fine";
}

describe("the ELF header", () => {
  it("is read in both widths and byte orders", () => {
    for (const wordBits of [32, 64] as const) {
      for (const littleEndian of [true, false]) {
        const elf = parseElf(byteSource(makeElf({ ...plain, wordBits, littleEndian, flags: 7 })));
        expect(elf).toMatchObject({ wordBits, littleEndian, type: 2, machine: 0x1234, flags: 7 });
        expect(elf.entry).toBe(0x10000);
        expect(elf.programHeaders[1]).toMatchObject({
          type: 1,
          flags: 6,
          virtualAddress: 0x20010,
          fileBytes: 50,
          memoryBytes: 0x3000,
        });
      }
    }
  });

  it("says in one line what is wrong", () => {
    const good = makeElf(plain);
    expect(reason(good)).toBe("fine");
    const changed = (at: number, ...bytes: number[]): Uint8Array => {
      const copy = good.slice();
      copy.set(bytes, at);
      return copy;
    };
    expect(reason(new Uint8Array(0))).toBe("the file is too short for an ELF header");
    expect(reason(new TextEncoder().encode("#!/bin/sh and more of it"))).toBe(
      "not an ELF file (bad magic)",
    );
    expect(reason(good.slice(0, 40))).toBe("the ELF header is truncated");
    expect(reason(good.slice(0, 100))).toBe("the program headers are truncated");
    expect(reason(good.slice(0, 4100))).toBe(
      "the file is truncated: a segment lies beyond its end",
    );
    expect(reason(changed(4, 9))).toBe("unknown ELF class");
    expect(reason(changed(5, 0))).toBe("unknown ELF byte order");
    expect(reason(changed(18, 62))).toMatch(/another machine \(e_machine 4670/);
    expect(reason(changed(16, 1))).toBe("not an executable (e_type 1, an object file)");
    expect(reason(changed(16, 4))).toBe("not an executable (e_type 4)");
    expect(reason(changed(56, 0))).toBe("the file has no program headers");
    expect(reason(makeElf({ ...plain, flags: 0xbad }))).toBe("flags of another world");
    expect(reason(makeElf({ ...plain, wordBits: 32 }))).toBe("a 32-bit executable, not 64-bit");
    expect(reason(makeElf({ ...plain, littleEndian: false }))).toBe(
      "an executable of the other byte order",
    );
  });

  it("refuses segments that make no sense", () => {
    const segments = (...list: ElfInit["segments"]): string =>
      reason(makeElf({ ...plain, segments: list }));
    const bytes = new Uint8Array(100);
    expect(segments({ address: 0x10000, flags: 5, bytes, memoryBytes: 99 })).toBe(
      "a segment has more bytes in the file than in memory",
    );
    expect(
      segments(
        { address: 0x10000, flags: 5, bytes, memoryBytes: 0x2000 },
        { address: 0x11000, flags: 6, bytes },
      ),
    ).toBe("segments overlap or are out of order");
    expect(segments({ address: LIMIT - 50, flags: 5, bytes })).toBe(
      "a segment wraps or lies outside the address space",
    );
    expect(segments({ address: 0x10000, flags: 5, bytes, memoryBytes: 2 ** 50 })).toBe(
      "a segment wraps or lies outside the address space",
    );
    expect(segments({ type: 4, address: 0, flags: 4, bytes })).toBe("the file has nothing to load");
  });

  it("names an interpreter, if its path makes sense", () => {
    const interpreter = (text: string): string | undefined => {
      const bytes = makeElf({
        ...plain,
        segments: [
          { type: 3, address: 0, flags: 4, bytes: new TextEncoder().encode(text) },
          ...plain.segments,
        ],
      });
      const path = interpreterPath(parseElf(byteSource(bytes)), byteSource(bytes));
      return path === undefined ? undefined : new TextDecoder().decode(path);
    };
    expect(interpreter("/lib/ld.so\0")).toBe("/lib/ld.so");
    expect(() => interpreter("/lib/ld.so")).toThrow(/not terminated/);
    expect(() => interpreter("\0\0")).toThrow(/not terminated/);
    expect(() => interpreter("x")).toThrow(/impossible length/);
  });

  it("raises nothing but ExecutableError, whatever the bytes are", () => {
    const good = makeElf(plain);
    const mutation = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 180 }), fc.integer({ min: 0, max: 255 })),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(mutation, fc.option(fc.integer({ min: 0, max: good.length })), (changes, cut) => {
        const bytes = good.slice(0, cut ?? good.length);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        reason(bytes);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("a mutated executable", () => {
  it("starts or is refused with one line; nothing else", () => {
    const good = makeElf({
      ...plain,
      segments: [
        { type: 3, address: 0, flags: 4, bytes: new TextEncoder().encode("/bin/program\0") },
        ...plain.segments,
        { type: 0x6474e551, address: 0, flags: 6, bytes: new Uint8Array(0) },
      ],
    });
    const mutation = fc.array(
      fc.tuple(
        fc.integer({ min: 16, max: 64 + 4 * 56 }),
        fc.oneof(fc.constantFrom(0, 0x7f, 0x80, 0xff), fc.integer({ min: 0, max: 255 })),
      ),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(mutation, (changes) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        const machine = new FakeMachine({
          files: { "bin/mutant": { contents: bytes, mode: 0o755 } },
          fallback: function* () {
            yield ["exit_group", 0];
          },
        });
        try {
          machine.run(
            function* () {
              yield ["exit_group", 0];
            },
            { path: "/bin/mutant" },
          );
        } catch (error) {
          const isExpected =
            error instanceof ExecutableError ||
            error instanceof LinuxError ||
            error instanceof StuckError;
          if (!isExpected) throw error;
          expect(error.message).not.toContain("\n");
        }
      }),
      // A line feed in the name of the interpreter.
      { numRuns: 2000, examples: [[[[288, 10]]]] },
    );
  });
});
