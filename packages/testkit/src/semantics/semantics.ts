/** Tests of what instructions do: assembly text, the state before, the state after. */
import { assemble } from "@isovm/decoder";
import { type EngineFactory, IsovmError, type RegisterFileDefinition } from "@isovm/isa-spec";
import { Bench, exitText } from "../differential/bench.ts";
import type { TestProfile } from "../profiles/profile.ts";
import { codeStart, pageBytes, rights, sandbox, sandboxMappings } from "../program/layout.ts";
import type { TestFramework } from "../suite/framework.ts";

/** Values by register name: those of assembly text, and `frm` or `pc` alike. Negative ones wrap. */
export type NamedValues = Readonly<Record<string, bigint | number>>;

/** One test of semantics. */
export interface SemanticsTest {
  /**
   * Assembly text at 0x10000; an instruction that ends the program is put behind it, labelled
   * `end`. Symbols `sandbox`, `readOnly`, `forbidden` and `unmapped` are addresses of memory that
   * can be written, only read, not accessed, and that isn't there.
   */
  readonly asm: string;
  /** Registers before; those not given are zero. */
  readonly before?: NamedValues;
  /** Registers afterwards; those not given are as before. */
  readonly after?: NamedValues;
  /** Registers that don't matter afterwards. */
  readonly clobbers?: readonly string[];
  /** Doublewords (RV32: words) of memory before, from the begin of the sandbox. */
  readonly memory?: readonly bigint[];
  /** The same afterwards; as before if not given. */
  readonly memoryAfter?: readonly bigint[];
  /** Why the engine stops, if not at the end: as in `fault: read at 0x403000: permission`. */
  readonly exit?: string;
  /** The label at which it stops then; `end` if not given. */
  readonly at?: string;
}

/** A test's expectation isn't met; the message names the register. */
export class SemanticsError extends IsovmError<{ readonly engine: string }> {}

/** Registers a test for each engine. */
export type SemanticsTester = (name: string, test: SemanticsTest) => void;

/**
 * Gives a function that registers tests of semantics under all the engines.
 *
 * @example
 * ```ts no-run
 * import { interpreter, reference } from "@isovm/interpreter";
 * import { rv64 } from "@isovm/riscv";
 * import { riscvProfile, semanticsTester } from "@isovm/testkit";
 * import { describe, it } from "vitest";
 *
 * const test = semanticsTester({ describe, it }, riscvProfile(rv64()), [reference, interpreter]);
 * test("division by zero", {
 *   asm: "div a0, a1, a2",
 *   before: { a1: 5, a2: 0 },
 *   after: { a0: -1 },
 * });
 * ```
 */
export function semanticsTester(
  framework: TestFramework,
  profile: TestProfile,
  engines: readonly EngineFactory[],
): SemanticsTester {
  const benches: (Bench | undefined)[] = [];
  return (name, test) => {
    framework.it(name, () => {
      engines.forEach((engine, index) => {
        const bench = benches[index] ?? new Bench(profile.isa, engine);
        benches[index] = bench;
        runSemanticsTest(profile, bench, test);
      });
    });
  };
}

const memoryNames: Readonly<Record<string, bigint>> = {
  sandbox: BigInt(sandbox.start),
  readOnly: BigInt(sandbox.readOnly),
  forbidden: BigInt(sandbox.forbidden),
  unmapped: BigInt(sandbox.end),
};

/** @throws SemanticsError if the test's expectation isn't met. */
function runSemanticsTest(profile: TestProfile, bench: Bench, test: SemanticsTest): void {
  const { isa } = profile;
  const fail = (what: string, actual: string, expected: string): never => {
    throw new SemanticsError(
      `${bench.engine.name}: ${what} is ${actual}, but should be ${expected}\n${test.asm}`,
      { engine: bench.engine.name },
    );
  };
  const { bits, sizeBytes } = profile.exit;
  const text = `${test.asm}\nend: .${sizeBytes}byte ${bits}`;
  const program = assemble(isa, text, { origin: BigInt(codeStart), symbols: memoryNames });
  const length = Math.ceil(program.bytes.length / pageBytes) * pageBytes;
  bench.reset([
    { start: codeStart, length, rights: rights.read | rights.execute },
    ...sandboxMappings,
  ]);
  bench.poke(codeStart, program.bytes);
  const wordBytes = isa.addressWidth / 8;
  test.memory?.forEach((value, index) => {
    bench.poke(sandbox.start + index * wordBytes, littleEndian(value, wordBytes));
  });
  const before = new RegisterMap(isa.registers, test.before ?? {});
  const after = new RegisterMap(isa.registers, test.after ?? {});
  const ignored = new Set((test.clobbers ?? []).map((name) => keyOf(placeOf(isa.registers, name))));
  const { state } = bench.engine;
  const places = isa.registers.flatMap((file) =>
    Array.from({ length: file.count }, (_, register): Place => [file, register]),
  );
  for (const place of places) state.write(place[0].name, place[1], before.get(place) ?? 0n);
  state.pc = BigInt(codeStart);
  const exit = exitText(bench.engine.run(10_000));
  const expectedExit = test.exit ?? `effect ${profile.exitEffect}`;
  if (exit !== expectedExit) fail("the exit", exit, expectedExit);
  const stop = program.symbols.get(test.at ?? "end") ?? 0n;
  if (state.pc !== stop) fail("the program counter", hex(state.pc), hex(stop));
  for (const place of places) {
    if (ignored.has(keyOf(place)) || place[0].zero === place[1]) continue;
    const actual = state.read(place[0].name, place[1]);
    const expected = after.get(place) ?? before.get(place) ?? 0n;
    if (actual !== expected) fail(nameOf(place), hex(actual), hex(expected));
  }
  (test.memoryAfter ?? test.memory)?.forEach((value, index) => {
    const address = sandbox.start + index * wordBytes;
    const bytes = [...bench.space.read(address, wordBytes)].reverse();
    const actual = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const expected = BigInt.asUintN(isa.addressWidth, value);
    if (actual !== expected) fail(`memory at ${hex(BigInt(address))}`, hex(actual), hex(expected));
  });
}

/** A register of a file. */
type Place = readonly [file: RegisterFileDefinition, register: number];

/** Values of registers, by place. */
class RegisterMap {
  readonly #values = new Map<string, { readonly place: Place; readonly value: bigint }>();

  constructor(files: readonly RegisterFileDefinition[], values: NamedValues) {
    for (const [name, value] of Object.entries(values)) {
      const place = placeOf(files, name);
      const wrapped = BigInt.asUintN(place[0].width, BigInt(value));
      this.#values.set(keyOf(place), { place, value: wrapped });
    }
  }

  get(place: Place): bigint | undefined {
    return this.#values.get(keyOf(place))?.value;
  }
}

function keyOf([file, register]: Place): string {
  return `${file.name}:${register}`;
}

/** @throws SemanticsError if there is no such register. */
function placeOf(files: readonly RegisterFileDefinition[], name: string): Place {
  for (const file of files) {
    const number =
      file.count === 1 && file.name === name
        ? 0
        : (file.names?.indexOf(name) ?? -1) >= 0
          ? file.names?.indexOf(name)
          : file.otherNames?.[name];
    if (number !== undefined) return [file, number];
    const match = new RegExp(`^${file.name}(\\d+)$`).exec(name);
    if (match && Number(match[1]) < file.count) return [file, Number(match[1])];
  }
  throw new SemanticsError(`no register is named ${name}`, { engine: "" });
}

/** The name of a register in messages. */
function nameOf([file, register]: Place): string {
  return file.count === 1 ? file.name : (file.names?.[register] ?? `${file.name}${register}`);
}

function littleEndian(value: bigint, sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) =>
    Number((value >> BigInt(8 * index)) & 0xffn),
  );
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
