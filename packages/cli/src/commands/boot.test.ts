import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { assemble } from "@isovm/decoder";
import { rv64 } from "@isovm/riscv";
import { toElf } from "@isovm/testkit/elf";
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
  writeFileSync(file("empty"), "");
  const at = (offset: number, text: string, length = 4096) => {
    const bytes = Buffer.alloc(length);
    bytes.write(text, offset, "latin1");
    return bytes;
  };
  writeFileSync(file("x86"), at(0x202, "HdrS"));
  writeFileSync(file("arm64"), at(0x38, "ARM\x64"));
  const image = at(0x38, "RSC\x05");
  image.writeBigUInt64LE(2n << 20n, 8);
  image.writeBigUInt64LE(1n << 20n, 16);
  // The header of a program for UEFI, whose section ends behind the file.
  image.write("MZ");
  image.writeUInt32LE(0x40, 0x3c);
  image.write("PE", 0x40);
  image.writeUInt16LE(1, 0x46);
  image.writeUInt32LE(4096, 0x58 + 16);
  image.writeUInt32LE(4096, 0x58 + 20);
  writeFileSync(file("cut"), image);
  writeFileSync(file("newer"), Buffer.from("isovmVM\0\x02\0\0\0\0\0\0\0", "latin1"));
  const elf = (machine: number, origin: bigint) => {
    const program = assemble(rv64(), "nop", { origin });
    return toElf(program, { machine, class: 64 });
  };
  writeFileSync(file("elf86"), elf(62, 0x8000_0000n));
  writeFileSync(file("low"), elf(243, 0x1_0000n));
  writeFileSync(file("packed"), gzipSync(Buffer.alloc(5000, "kernel")).subarray(0, 40));
  mkdirSync(file("folder"));
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
    const second = await boot(
      ...further,
      "--fuel",
      "3000",
      "--snapshot",
      file("second"),
      "--stats",
    );
    expect([second.stdout, second.exitCode]).toEqual(["", 123]);
    const [stopped, figures = ""] = second.stderr.trimEnd().split("\n").slice(-2);
    expect(stopped).toMatch(/stopped after 3000 instructions$/);
    expect(JSON.parse(figures)).toMatchObject({ instructions: 2000 });
    expect(readFileSync(file("snapshot"))).toEqual(kept);
  });

  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /there is nothing to boot: give --kernel, --bios or both$/],
    [["--kernel", "text"], /text: not a RISC-V Linux kernel: it is too short for a header$/],
    [["--kernel", "missing"], /missing: no such file$/],
    [["--bios", "elf"], /elf: not firmware for this machine: the ELF header is truncated$/],
    [["--kernel", "x86"], /x86: not a RISC-V Linux kernel: it is a kernel for x86$/],
    [["--kernel", "arm64"], /arm64: not a RISC-V Linux kernel: it is a kernel for arm64$/],
    [["--kernel", "low"], /it is an ELF file; give the kernel's Image$/],
    [["--kernel", "cut"], /cut: not a RISC-V Linux kernel: it is cut off, 4096 bytes of 8192$/],
    [["--kernel", "packed"], /packed: the compressed kernel is damaged$/],
    [["--kernel", "folder"], /folder: is a directory$/],
    [["--kernel", "/dev/zero"], /\/dev\/zero: is a device, not a file$/],
    [["--bios", "empty"], /empty: not firmware for this machine: it is empty$/],
    [["--bios", "elf86"], /it is for another machine \(e_machine 62, not 243\)$/],
    [["--bios", "low"], /for address 0x10000, and this machine's memory begins at 0x80000000$/],
    [["--bios", "fails", "--initrd", "folder"], /folder: is a directory$/],
    [["--bios", "fails", "--restore", "newer"], /its version is 2, this one reads 1$/],
    [["--bios", "fails", "--restore", "folder"], /folder: is a directory$/],
    [["--bios", "fails", "--restore", "/dev/zero"], /is a device, not a file$/],
    [["--bios", "fails", "--memory", "1"], /a machine has from 4K to 3.5G of it, not 1 bytes$/],
    [["--bios", "fails", "--memory", "3.6G"], /a machine has from 4K to 3.5G of it/],
    [["--bios", "fails", "--memory", "0"], /"0" is no size/],
    [["--bios", "fails", "--memory", "8K"], /the device tree doesn't fit .* with --memory$/],
    [["--bios", "fails", "--harts", "0"], /"0" is no number of harts/],
    [["--bios", "fails", "--console", "vga"], /--console vga: give serial or virtio$/],
    [["--bios", "fails", "--drive", "missing"], /missing does not exist$/],
    [["--bios", "fails", "--drive", "disk,x"], /"x" is nothing that a drive can be; give ro, rw/],
    [["--bios", "fails", "--drive", "text"], /text has 12 bytes, which is no multiple of 512$/],
    [["--bios", "fails", "--restore", "text"], /text: not a snapshot/],
    [["--bios", "fails", "--restore", "missing"], /missing: no such file$/],
    [["--bios", "fails", "--memory", "1M", "--initrd", "big"], /doesn't fit into 1 MiB/],
    [["--bios", "fails", "--harts", "65"], /"65" is no number of harts: give one from 1 to 64$/],
    [["--bios", "fails", "--isa", "vax"], /no machine for the ISA "vax"; give one of rv64, rv32$/],
    [["--bios", "fails", "--net", "tap"], /--net tap: give none or user$/],
    [["--bios", "fails", "--append", "x".repeat(3 << 20)], /device tree .* shorten --append$/],
  ];
  it.each(refused)("refuses what can't be booted: %#", async (options, message) => {
    const names = [
      ...[
        "text",
        "missing",
        "elf",
        "fails",
        "disk,x",
        "big",
        "x86",
        "arm64",
        "low",
        "cut",
        "packed",
      ],
      ...["folder", "empty", "elf86", "newer"],
    ];
    const { exitCode, stderr } = await boot(
      // What isn't refused ends.
      ...["--fuel", "1000"],
      ...options.map((option) => (names.includes(option) ? file(option) : option)),
    );
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr.trimEnd()).toMatch(message);
    expect(exitCode).toBe(125);
  });
});
