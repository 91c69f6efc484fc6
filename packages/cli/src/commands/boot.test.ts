import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isovm } from "../testing/test-io.ts";

let directory: string;
const file = (name: string): string => join(directory, name);

/** Firmware of a few instructions, at the beginning of memory. */
function words(...instructions: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(instructions).buffer);
}
const sendLetter = [
  0x04100293, // li t0, 'A'
  0x10000337, // lui t1, 0x10000
  0x00530023, // sb t0, 0(t1)
];
/** Powers off with a code. */
const fail = (code: number): number[] => [
  0x001002b7, // lui t0, 0x100
  (((code << 4) + 3) << 12) | 0x337, // lui t1, code << 16 | 0x3000
  0x33330313, // addi t1, t1, 0x333
  0x0062a023, // sw t1, 0(t0)
  0x10500073, // wfi
  0xffdff06f, // j -4
];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "isovm-"));
  writeFileSync(file("fails"), words(...sendLetter, ...fail(42)));
  writeFileSync(file("spins"), words(0x0000006f));
  writeFileSync(file("text"), "not a kernel");
  writeFileSync(file("elf"), "\x7fELF\x02\x01\x01 and no more");
  writeFileSync(file("disk"), new Uint8Array(1024));
  writeFileSync(file("big"), new Uint8Array(2 << 20));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("isovm boot", () => {
  const boot = (...options: string[]) => isovm(["boot", "--store", "off", ...options]);

  it.each(["tiered", "interpreter", "reference"])(
    "connects the serial port and gives the guest's exit code, with engine %s",
    async (engine) => {
      const result = await boot("--engine", engine, "--bios", file("fails"), "--memory", "4M");
      expect([result.stdout, result.stderr, result.exitCode]).toEqual(["A", "", 42]);
    },
  );

  it("has harts of 32 bits, too", async () => {
    const result = await boot("--isa", "rv32", "--bios", file("fails"), "--memory", "4M");
    expect([result.stdout, result.exitCode]).toEqual(["A", 42]);
  });

  it("shows figures", async () => {
    const { stderr } = await boot("--bios", file("fails"), "--stats", "--harts", "2");
    expect(JSON.parse(stderr)).toMatchObject({ harts: 2, engine: "tiered" });
  });

  it("keeps a snapshot when its fuel is spent, and goes on from it", async () => {
    const options = ["--bios", file("spins"), "--memory", "4M", "--fuel", "1000"];
    const first = await boot(...options, "--snapshot", file("snapshot"));
    expect(first.exitCode).toBe(123);
    expect(first.stderr).toMatch(/stopped after 1000 instructions\n$/);
    const kept = readFileSync(file("snapshot"));
    const further = ["--bios", file("fails"), "--memory", "4M", "--restore", file("snapshot")];
    const second = await boot(...further, "--fuel", "3000", "--snapshot", file("second"));
    expect([second.stdout, second.exitCode]).toEqual(["", 123]);
    expect(second.stderr).toMatch(/stopped after 3000 instructions\n$/);
    expect(readFileSync(file("snapshot"))).toEqual(kept);
  });

  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /there is nothing to boot: give --kernel, --bios or both$/],
    [["--kernel", "text"], /text: not a RISC-V Linux kernel: it is too short for a header$/],
    [["--kernel", "missing"], /missing: no such file$/],
    [["--bios", "elf"], /elf: not firmware for this machine: the ELF header is truncated$/],
    [["--bios", "fails", "--drive", "missing"], /missing does not exist$/],
    [["--bios", "fails", "--drive", "disk,x"], /"x" is nothing that a drive can be; give ro, rw/],
    [["--bios", "fails", "--drive", "text"], /text has 12 bytes, which is no multiple of 512$/],
    [["--bios", "fails", "--restore", "text"], /text: not a snapshot/],
    [["--bios", "fails", "--restore", "missing"], /missing: ENOENT/],
    [["--bios", "fails", "--memory", "1M", "--initrd", "big"], /doesn't fit into 1 MiB/],
    [["--bios", "fails", "--harts", "65"], /"65" is no number of harts: give one from 1 to 64$/],
    [["--bios", "fails", "--isa", "vax"], /no machine for the ISA "vax"; give one of rv64, rv32$/],
    [["--bios", "fails", "--net", "tap"], /--net tap: give none or user$/],
    [["--bios", "fails", "--append", "x".repeat(3 << 20)], /device tree .* shorten --append$/],
  ];
  it.each(refused)("refuses what can't be booted: %#", async (options, message) => {
    const names = ["text", "missing", "elf", "fails", "disk,x", "big"];
    const { exitCode, stderr } = await boot(
      ...options.map((option) => (names.includes(option) ? file(option) : option)),
    );
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr.trimEnd()).toMatch(message);
    expect(exitCode).toBe(125);
  });
});
