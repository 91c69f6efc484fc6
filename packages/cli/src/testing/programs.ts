/** Guest programs for the command's tests, assembled on the spot. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assemble } from "@isovm/decoder";
import { isaFromString } from "@isovm/riscv";
import { toElf } from "@isovm/testkit/elf";

/** Names for the system calls that the programs use. */
const names = `
  .equ openat, 56
  .equ read, 63
  .equ write, 64
  .equ exit, 93
  .equ kill, 129
  .equ getpid, 172
  .equ nanosleep, 101
  .text
  .globl _start
_start:
`;

/** The bytes of an executable from assembly text, which begins at `_start`. */
export function program(text: string, wordBits: 32 | 64 = 64): Uint8Array {
  const isa = isaFromString(`rv${wordBits}`);
  const assembly = assemble(isa, names + text, { origin: 0x10000n, sectionAlignment: 4096 });
  return toElf(assembly, { machine: 243, class: wordBits });
}

/** A directory that files of a test live in. */
export class Workplace {
  readonly path: string = mkdtempSync(join(tmpdir(), "isovm-cli-"));

  /** Writes a file and gives its path. */
  file(name: string, contents: Uint8Array | string, mode = 0o755): string {
    const path = join(this.path, name);
    writeFileSync(path, contents);
    chmodSync(path, mode);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Writes its arguments, one a line, and exits with their number. */
export const echoArguments = `
  ld s0, 0(sp)
  addi s1, sp, 8
next:
  ld a1, 0(s1)
  beqz a1, done
  mv a2, a1
measure:
  lbu t0, 0(a2)
  addi a2, a2, 1
  bnez t0, measure
  sub a2, a2, a1
  addi a2, a2, -1
  li a0, 1
  li a7, write
  ecall
  li a0, 1
  la a1, newline
  li a2, 1
  li a7, write
  ecall
  addi s1, s1, 8
  j next
done:
  mv a0, s0
  li a7, exit
  ecall
  .data
newline: .ascii "\\n"
`;

/** Copies standard input to standard output. */
export const copyInput = `
again:
  li a0, 0
  la a1, buffer
  li a2, 65536
  li a7, read
  ecall
  blez a0, end
  mv a2, a0
  li a0, 1
  la a1, buffer
  li a7, write
  ecall
  j again
end:
  neg a0, a0
  li a7, exit
  ecall
  .bss
buffer: .zero 65536
`;

/** Exits with a code. */
export const exitWith = (code: number): string => `
  li a0, ${code}
  li a7, exit
  ecall
`;
