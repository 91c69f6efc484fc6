/**
 * Floating-point operations as QEMU computes them: a C program made from a table of instructions,
 * compiled by the RISC-V cross compiler and run once over many cases.
 *
 * @see RISC-V Unprivileged 20240411, chapters 20 (F), 21 (D) and 23 (Zfh).
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { float } from "@isovm/isa-spec";
import type { FloatOperands, FloatOperation } from "../arbitraries/float-patterns.ts";
import { type OracleName, type OracleResult, runOracle } from "../oracle/index.ts";

/** An instruction of the oracle program, and the operation that it is in isa-spec. */
export interface FloatInstruction extends FloatOperation {
  readonly mnemonic: string;
  readonly format: 16 | 32 | 64;
}

/** One case: the index of an instruction in the table, the rounding mode and the operands' patterns. */
export interface FloatCase {
  readonly instruction: number;
  readonly mode: number;
  readonly operands: FloatOperands;
}

/** What the oracle's hart left in the destination register and in `fflags`. */
export interface FloatAnswer {
  readonly value: bigint;
  readonly flags: number;
}

const formats = [
  { suffix: "h", width: 16 },
  { suffix: "s", width: 32 },
  { suffix: "d", width: 64 },
] as const;

const arithmetic = [
  ["fadd", "add"],
  ["fsub", "subtract"],
  ["fmul", "multiply"],
  ["fdiv", "divide"],
  ["fsqrt", "squareRoot"],
  ["fmadd", "fusedMultiplyAdd"],
  ["fmin", "minimumNumber"],
  ["fmax", "maximumNumber"],
  ["feq", "compareEqual"],
  ["flt", "compareLess"],
  ["fle", "compareLessEqual"],
  ["fclass", "classify"],
] as const;

const integers = [
  { suffix: "w", width: 32, to: "toSigned", from: "fromSigned" },
  { suffix: "wu", width: 32, to: "toUnsigned", from: "fromUnsigned" },
  { suffix: "l", width: 64, to: "toSigned", from: "fromSigned" },
  { suffix: "lu", width: 64, to: "toUnsigned", from: "fromUnsigned" },
] as const;

/** The instructions that the oracle program knows. */
export const floatInstructions: readonly FloatInstruction[] = formats.flatMap(
  ({ suffix, width: format }): FloatInstruction[] => [
    ...arithmetic.map(([name, operator]) => ({
      mnemonic: `${name}.${suffix}`,
      operator,
      format,
      otherWidth: 0,
    })),
    ...integers.flatMap((integer) => [
      {
        mnemonic: `fcvt.${integer.suffix}.${suffix}`,
        operator: integer.to,
        format,
        otherWidth: integer.width,
      },
      {
        mnemonic: `fcvt.${suffix}.${integer.suffix}`,
        operator: integer.from,
        format,
        otherWidth: integer.width,
      },
    ]),
    ...formats
      .filter((other) => other.suffix !== suffix)
      .map((other) => ({
        mnemonic: `fcvt.${other.suffix}.${suffix}`,
        operator: "convertFormat" as const,
        format,
        otherWidth: other.width,
      })),
  ],
);

const move = { 16: "h", 32: "w", 64: "d" } as const;
const arity: Partial<Record<float.FloatOperatorName, number>> = {
  squareRoot: 1,
  classify: 1,
  convertFormat: 1,
  fusedMultiplyAdd: 3,
};

function assemblyOf(row: FloatInstruction): string[] {
  const { mnemonic, operator, format, otherWidth } = row;
  const load = (register: string, value: string) =>
    `fmv.${move[format]}.x ${register}, %[${value}]`;
  const store = (width: 16 | 32 | 64) => `fmv.x.${move[width]} %[value], ft0`;
  if (operator === "fromSigned" || operator === "fromUnsigned") {
    return [`${mnemonic} ft0, %[a]`, store(format)];
  }
  if (operator === "toSigned" || operator === "toUnsigned") {
    return [load("ft0", "a"), `${mnemonic} %[value], ft0`];
  }
  if (operator === "classify") return [load("ft0", "a"), `${mnemonic} %[value], ft0`];
  const registers = ["ft0", "ft1", "ft2"].slice(0, arity[operator] ?? 2);
  const loads = registers.map((register, index) => load(register, "abc".charAt(index)));
  if (operator.startsWith("compare")) {
    return [...loads, `${mnemonic} %[value], ${registers.join(", ")}`];
  }
  const result = operator === "convertFormat" ? (otherWidth as 16 | 32 | 64) : format;
  return [...loads, `${mnemonic} ft0, ${registers.join(", ")}`, store(result)];
}

/** Reads records of five 64-bit words (instruction, mode, a, b, c), writes records of two. */
function programText(): string {
  const cases = floatInstructions.map((row, index) => {
    const lines = [
      "fsrm %[mode]",
      "fsflags zero",
      ...assemblyOf(row),
      "frflags %[flags]",
      "fsrm zero",
    ];
    const text = lines.map((line) => `"${line}\\n"`).join(" ");
    return `    case ${index}: __asm__ volatile(".option push\\n.option arch, +zfh\\n" ${text} ".option pop\\n"
      : [value] "=&r"(out[0]), [flags] "=&r"(out[1])
      : [mode] "r"(in[1]), [a] "r"(in[2]), [b] "r"(in[3]), [c] "r"(in[4])
      : "ft0", "ft1", "ft2"); break;`;
  });
  return `#include <stdint.h>
#include <stdio.h>
int main(void) {
  uint64_t in[5], out[2];
  while (fread(in, sizeof in, 1, stdin) == 1) {
    switch (in[0]) {
${cases.join("\n")}
    default: return 1;
    }
    fwrite(out, sizeof out, 1, stdout);
  }
  return 0;
}
`;
}

async function checked(name: OracleName, args: readonly string[]): Promise<OracleResult> {
  const result = await runOracle(name, args);
  if (result.code !== 0) throw new Error(`${name}: ${new TextDecoder().decode(result.stderr)}`);
  return result;
}

/**
 * The answers of QEMU to `cases`, in their order; values are 64-bit register contents.
 *
 * Needs the oracles `riscv64-linux-gnu-gcc` and `qemu-riscv64`.
 */
export async function askFloatOracle(cases: readonly FloatCase[]): Promise<FloatAnswer[]> {
  const directory = await mkdtemp(join(tmpdir(), "isovm-float-"));
  try {
    const source = join(directory, "float.c");
    const program = join(directory, "float");
    await writeFile(source, programText());
    await checked("riscv64-linux-gnu-gcc", ["-O1", "-static", source, "-o", program]);
    const words = new BigUint64Array(cases.length * 5);
    for (const [index, { instruction, mode, operands }] of cases.entries()) {
      words.set([BigInt(instruction), BigInt(mode), ...operands], index * 5);
    }
    const stdin = new Uint8Array(words.buffer);
    // QEMU spelt the property with a capital before 8.1.
    let result = await runOracle("qemu-riscv64", ["-cpu", "rv64,zfh=true", program], { stdin });
    if (result.code !== 0) {
      result = await runOracle("qemu-riscv64", ["-cpu", "rv64,Zfh=true", program], { stdin });
    }
    if (result.code !== 0 || result.stdout.length !== cases.length * 16) {
      throw new Error(`qemu-riscv64: ${new TextDecoder().decode(result.stderr)}`);
    }
    const answers = new BigUint64Array(new Uint8Array(result.stdout).buffer);
    return cases.map((_, index) => ({
      value: answers[index * 2] ?? 0n,
      flags: Number(answers[index * 2 + 1]),
    }));
  } finally {
    await rm(directory, { recursive: true });
  }
}
