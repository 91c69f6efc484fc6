import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AssembleOptions, assemble } from "@isovm/decoder";
import { rv32, rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { hasOracles, runOracle } from "../oracle/index.ts";
import { ElfWriterError, toElf } from "./index.ts";

const riscv = 243;

const greeting = `
    .equ write, 64
    .equ exit, 93
    .text
_start:
    li a7, write
    li a0, 1
    la a1, text
    li a2, end - text
    ecall
    la t0, counter
    lw t1, (t0)
    addi t1, t1, 41
    sw t1, (t0)
    la t2, zeros
    lw t2, 4(t2)
    add a0, t1, t2
    li a7, exit
    ecall
    .rodata
text: .ascii "hello\\n"
end:
    .data
    .align 2
counter: .word 1
    .bss
    .align 3
zeros: .zero 8000
`;

describe("toElf", () => {
  it("makes segments that share no page", () => {
    const sections = (options: AssembleOptions): number => {
      const file = toElf(assemble(rv64(), greeting, options), { machine: riscv, class: 64 });
      return new DataView(file.buffer).getUint16(56, true);
    };
    // One more than loaded segments: the stack's permissions.
    expect(sections({ origin: 0x10000n })).toBe(2);
    expect(sections({ origin: 0x10000n, sectionAlignment: 4096 })).toBe(4);
  });

  it("refuses addresses that the class doesn't have", () => {
    const program = assemble(rv64(), "nop", { origin: 0x1_0000_0000n });
    expect(() => toElf(program, { machine: riscv, class: 32 })).toThrow(ElfWriterError);
  });

  describe.skipIf(!hasOracles("qemu-riscv64", "qemu-riscv32"))("programs run under QEMU", () => {
    it.each([
      ["qemu-riscv64", 64, rv64(), 1],
      ["qemu-riscv64", 64, rv64(), 4096],
      ["qemu-riscv32", 32, rv32(), 4096],
    ] as const)("%s", async (qemu, width, isa, sectionAlignment) => {
      const directory = await mkdtemp(join(tmpdir(), "isovm-elf-"));
      try {
        const program = assemble(isa, greeting, { origin: 0x10100n, sectionAlignment });
        const path = join(directory, "program");
        await writeFile(path, toElf(program, { machine: riscv, class: width }));
        await chmod(path, 0o755);
        const { code, stdout } = await runOracle(qemu, [path]);
        expect(new TextDecoder().decode(stdout)).toBe("hello\n");
        expect(code).toBe(42);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    });
  });
});
