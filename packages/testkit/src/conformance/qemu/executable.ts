/**
 * Many test programs in one executable: each loads its registers from its block, runs, and stores
 * them there; at the end all blocks are written to standard output. A signal handler notes what
 * went wrong in the program's block and goes on behind the instruction.
 *
 * @see Linux arch/riscv/include/uapi/asm/ucontext.h and sigcontext.h for the handler's offsets
 */
import { assemble } from "@isovm/decoder";
import type { Isa } from "@isovm/isa-spec";
import { toElf } from "../../elf/index.ts";
import type { TestProfile } from "../../profiles/profile.ts";
import { encodeNamed } from "../../profiles/rows.ts";
import { bytesOf } from "../../program/encoded.ts";
import { pageBytes } from "../../program/layout.ts";
import { layOut } from "../../program/program.ts";
import { sandboxBytes, type TestCase } from "../../program/test-case.ts";
import {
  blockAddress,
  blockLayout,
  blocksAddress,
  codeAddress,
  edgeAddress,
  edgeReadOnly,
  mostSignals,
  sandboxBytesPerBlock,
} from "./layout.ts";

/** A part of the executable in memory. */
interface Section {
  readonly name: ".text" | ".data" | ".rodata";
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly isZeroFilled: false;
}

/** An executable of test programs. */
export interface Executable {
  readonly sections: readonly Section[];
  readonly entry: bigint;
  readonly file: Uint8Array;
  /** The test cases as they stand in it: with their addresses and sandbox registers. */
  readonly tests: readonly TestCase[];
}

/**
 * Puts test cases into an executable. Their sandbox registers hold distances from the centre of
 * the sandbox, or addresses around {@link edgeReadOnly}.
 */
export function makeExecutable(profile: TestProfile, cases: readonly TestCase[]): Executable {
  const { isa } = profile;
  const frame = frameOf(isa);
  const tests: TestCase[] = [];
  const parts: Uint8Array[] = [frame.handler];
  let address = codeAddress + frame.handler.length;
  const append = (bytes: Uint8Array): void => {
    parts.push(bytes);
    address += bytes.length;
  };
  const data = new Uint8Array(cases.length * blockLayout.sizeBytes);
  const entry = BigInt(address);
  append(frame.start);
  cases.forEach((test, index) => {
    append(pointTo(isa, blockAddress(index) + sandboxBytesPerBlock));
    append(frame.load);
    const placed = relocate(profile, test, index, address);
    tests.push(placed);
    fillBlock(isa, data.subarray(index * blockLayout.sizeBytes), placed);
    const code = bytesOf(layOut(profile, placed.items));
    // The last instruction would stop the program.
    append(code.subarray(0, code.length - profile.exit.sizeBytes));
    append(frame.store);
  });
  append(frame.finish(cases.length));
  const sections: Section[] = [
    { name: ".text", address: BigInt(codeAddress), bytes: concatenate(parts), isZeroFilled: false },
    section(".data", edgeAddress, sandboxBytes(1, pageBytes)),
    section(".rodata", edgeReadOnly, sandboxBytes(2, pageBytes)),
    section(".data", blocksAddress, data),
  ];
  const file = toElf(
    { sections, symbols: new Map(), lines: [], base: 0n, bytes: new Uint8Array() },
    { machine: 243, class: isa.addressWidth, entry, flags: doubleFloatAbi },
  );
  return { sections, entry, file, tests };
}

/** `EF_RISCV_RVC | EF_RISCV_FLOAT_ABI_DOUBLE` */
const doubleFloatAbi = 5;

function section(name: Section["name"], address: number, bytes: Uint8Array): Section {
  return { name, address: BigInt(address), bytes, isZeroFilled: false };
}

/** The case at its place: sandbox registers become addresses. */
function relocate(profile: TestProfile, test: TestCase, index: number, start: number): TestCase {
  const centre = BigInt(blockAddress(index) + blockLayout.centre);
  const holders = new Set(profile.sandboxRegisters.map(({ register }) => register));
  const x = (test.registers.x ?? []).map((value, register) => {
    if (!holders.has(register)) return value;
    // s0 stays where the signal handler and the stores behind the program expect it.
    if (register === 8) return centre;
    return value < BigInt(edgeAddress) ? centre + value : value;
  });
  return { ...test, start, registers: { ...test.registers, x } };
}

function fillBlock(isa: Isa, block: Uint8Array, { registers, memorySeed }: TestCase): void {
  block.set(sandboxBytes(memorySeed, sandboxBytesPerBlock));
  const view = new DataView(block.buffer, block.byteOffset);
  const put = (offset: number, values: readonly bigint[] = []): void => {
    values.forEach((value, index) => {
      view.setBigUint64(offset + 8 * index, value, true);
    });
  };
  const { f = [], x, frm = [0n], fflags = [0n] } = registers;
  put(blockLayout.f, f);
  put(blockLayout.x, x);
  const bits = ((frm[0] ?? 0n) << 5n) | (fflags[0] ?? 0n);
  if (isa.layout.files.has("f")) put(blockLayout.fcsr, [bits]);
}

/** Loads an address into s0. */
function pointTo(isa: Isa, address: number): Uint8Array {
  const low = ((address + 0x800) % 0x1000) - 0x800;
  return bytesOf([
    encodeNamed(isa, "lui", { rd: 8, imm: (address - low) / 0x1000 }),
    encodeNamed(isa, "addi", { rd: 8, rs1: 8, imm: low }),
  ]);
}

/** Bytes of the signal handler's stack, which lies below the program's own. */
const signalStackBytes = 0x1_0000;

/** The code around the programs. */
interface Frame {
  /** Stands at {@link codeAddress}. */
  readonly handler: Uint8Array;
  readonly start: Uint8Array;
  /** Loads all registers; s0 points at the saved ones, and to the sandbox's centre afterwards. */
  readonly load: Uint8Array;
  /** Stores all registers. */
  readonly store: Uint8Array;
  readonly finish: (blocks: number) => Uint8Array;
}

const frames = new WeakMap<Isa, Frame>();

function frameOf(isa: Isa): Frame {
  const known = frames.get(isa);
  if (known) return known;
  const frame = makeFrame(isa);
  frames.set(isa, frame);
  return frame;
}

function makeFrame(isa: Isa): Frame {
  const code = (text: string): Uint8Array => assemble(isa, text).bytes;
  const is64 = isa.addressWidth === 64;
  const [load, store, word] = is64 ? ["ld", "sd", 8] : ["lw", "sw", 4];
  const each = (make: (register: number) => string, except: readonly number[] = []): string =>
    Array.from({ length: 32 }, (_, register) => register)
      .filter((register) => !except.includes(register))
      .map(make)
      .join("\n");
  const at = (part: "f" | "x" | "fcsr", register = 0): string =>
    `${blockLayout[part] - sandboxBytesPerBlock + 8 * register}(s0)`;
  // Offsets of the program counter and of s0 in the context that the handler is given.
  const context = is64 ? 176 : 160;
  const addressInInfo = is64 ? 16 : 12;
  const count = blockLayout.signalCount - blockLayout.centre;
  const handler = `
      ${load} t0, ${context}(a2)
      ${load} t1, ${context + 8 * word}(a2)
      li t2, ${count}
      add t1, t1, t2
      ${load} t2, 0(t1)
      addi t3, t2, 1
      ${store} t3, 0(t1)
      li t4, ${mostSignals}
      bltu t2, t4, 1f
      li t2, ${mostSignals - 1}
  1:  slli t3, t2, 4
      slli t4, t2, 3
      add t3, t3, t4
      add t1, t1, t3
      ${store} a0, 8(t1)
      ${store} t0, 16(t1)
      ${load} t3, ${addressInInfo}(a1)
      ${store} t3, 24(t1)
      lhu t3, 0(t0)
      andi t3, t3, 3
      li t4, 3
      addi t0, t0, 2
      bne t3, t4, 2f
      addi t0, t0, 2
  2:  ${store} t0, ${context}(a2)
      ret`;
  // A sigaction with the flags SA_SIGINFO, SA_NODEFER and SA_ONSTACK.
  const start = `
      addi sp, sp, -256
      li t0, ${codeAddress}
      ${store} t0, 0(sp)
      li t0, ${0x4 | 0x4000_0000 | 0x0800_0000}
      ${store} t0, ${word}(sp)
      ${store} zero, ${2 * word}(sp)
      ${store} zero, ${3 * word}(sp)
      ${store} zero, ${4 * word}(sp)
      mv s1, sp
      la t0, 0f
      ${[4, 5, 7, 11]
        .map(
          (signal) => `
      li a0, ${signal}
      mv a1, s1
      li a2, 0
      li a3, 8
      li a7, 134
      ecall`,
        )
        .join("")}
      addi a0, sp, 128
      li t0, -${2 * signalStackBytes}
      add t0, t0, s1
      ${store} t0, 0(a0)
      ${store} zero, ${word}(a0)
      li t0, ${signalStackBytes}
      ${store} t0, ${2 * word}(a0)
      li a1, 0
      li a7, 132
      ecall
  0:`;
  return {
    handler: code(handler),
    start: code(start),
    load: code(`
      ${each((register) => `fld f${register}, ${at("f", register)}`)}
      ${load} t0, ${at("fcsr")}
      fscsr t0
      ${each((register) => `${load} x${register}, ${at("x", register)}`, [0, 8])}
      addi s0, s0, -2048
      addi s0, s0, ${2048 - (sandboxBytesPerBlock - blockLayout.centre)}`),
    store: code(`
      addi s0, s0, 2047
      addi s0, s0, ${sandboxBytesPerBlock - blockLayout.centre - 2047}
      ${each((register) => `${store} x${register}, ${at("x", register)}`, [8])}
      ${each((register) => `fsd f${register}, ${at("f", register)}`)}
      frcsr t0
      ${store} t0, ${at("fcsr")}`),
    finish: (blocks) =>
      code(`
      li a7, 64
      li a0, 1
      li a1, ${blocksAddress}
      li a2, ${blocks * blockLayout.sizeBytes}
      ecall
      li a7, 64
      li a0, 1
      li a1, ${edgeAddress}
      li a2, ${pageBytes}
      ecall
      li a7, 93
      li a0, 0
      ecall`),
  };
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
