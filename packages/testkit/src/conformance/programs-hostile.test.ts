/** Hostile programs neither crash nor hang isovm, and don't get out of their roots. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExecutableError, LinuxError } from "@isovm/abi";
import { openHostDirectory } from "@isovm/abi/node";
import { assemble } from "@isovm/decoder";
import { rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { toElf } from "../elf/elf-writer.ts";
import { hasOracles } from "../oracle/index.ts";
import { freestanding, withCompiled } from "./programs/compile.ts";
import { mutant, seededNumbers } from "./programs/mutants.ts";
import { type ProgramRun, type RunProgramOptions, runProgram } from "./programs/run-program.ts";
import { restlessTranslator } from "./programs/translators.ts";

const isa = rv64();
const source = (name: string): string =>
  new URL(`programs/hostile/${name}`, import.meta.url).pathname;

/** How it ended, or why it didn't start; anything else is thrown. */
function outcome(program: Uint8Array, options: Partial<RunProgramOptions> = {}): string {
  try {
    const { end } = runProgram({
      isa,
      program: "/bin/program",
      fuel: 200_000,
      memoryBytes: 64 * 2 ** 20,
      ...options,
      files: { "bin/program": { contents: program, mode: 0o755 }, ...options.files },
    });
    return end.kind;
  } catch (error) {
    if (error instanceof ExecutableError || error instanceof LinuxError) return "refused";
    throw error;
  }
}

const assembled = `
_start: la s0, numbers
        li s1, 1000
1:      andi t0, s1, 127
        slli t0, t0, 3
        add t0, t0, s0
        ld t1, 0(t0)
        add t1, t1, s1
        sd t1, 0(t0)
        addi s1, s1, -1
        bnez s1, 1b
        li a0, 1
        la a1, text
        li a2, 6
        li a7, 64
        ecall
        li a0, 42
        li a7, 93
        ecall
        .data
text:   .ascii "hello\\n"
        .balign 8
numbers: .zero 1024
`;

/** Mutants of a program, and how many of them ended in which way. */
function mutants(
  count: number,
  seed: number,
  run: (below: (bound: number) => number) => string,
): Map<string, number> {
  const below = seededNumbers(seed);
  const outcomes = new Map<string, number>();
  for (let index = 0; index < count; index += 1) {
    const kind = run(below);
    outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
  }
  return outcomes;
}

describe("mutated executables", { timeout: 240_000 }, () => {
  it("crash and hang nothing", () => {
    const assembly = assemble(isa, assembled, { origin: 0x10000n, sectionAlignment: 4096 });
    const original = toElf(assembly, { machine: 243, class: 64 });
    expect(outcome(original)).toBe("exited");
    const outcomes = mutants(6000, 1, (below) => outcome(mutant(original, below)));
    for (const kind of ["exited", "killed", "refused"]) {
      expect(outcomes.get(kind), kind).toBeGreaterThan(100);
    }
  });

  it("end under a translator as they do under the interpreter", () => {
    const assembly = assemble(isa, assembled, { origin: 0x10000n, sectionAlignment: 4096 });
    const original = toElf(assembly, { machine: 243, class: 64 });
    const engine = restlessTranslator(97);
    const outcomes = mutants(300, 4, (below) => {
      const program = mutant(original, below);
      const kind = outcome(program);
      expect(outcome(program, { engine })).toBe(kind);
      return kind;
    });
    for (const kind of ["exited", "killed", "refused"]) {
      expect(outcomes.get(kind), kind).toBeGreaterThan(10);
    }
  });

  describe.skipIf(!hasOracles("riscv64-linux-gnu-gcc"))("with an interpreter", () => {
    const library = [...freestanding, "-fPIE", "-static-pie"];
    const dynamic = [...freestanding, "-fPIE", "-pie", "-Wl,--dynamic-linker=/lib/ld.so"];

    it("crash and hang nothing", () =>
      withCompiled(source("victim.c"), library, ({ contents: interpreter }) =>
        withCompiled(source("victim.c"), dynamic, ({ contents: program }) => {
          const run = (bytes: Uint8Array, linker: Uint8Array): string =>
            outcome(bytes, { files: { "lib/ld.so": { contents: linker, mode: 0o755 } } });
          expect(run(program, interpreter)).toBe("exited");
          const programs = mutants(2000, 2, (below) => run(mutant(program, below), interpreter));
          const linkers = mutants(2000, 3, (below) => run(program, mutant(interpreter, below)));
          for (const outcomes of [programs, linkers]) {
            expect([...outcomes.keys()]).toEqual(
              expect.arrayContaining(["exited", "killed", "refused"]),
            );
          }
        }),
      ));

    it("that name themselves as interpreter are refused", () =>
      withCompiled(
        source("victim.c"),
        [...freestanding, "-fPIE", "-pie", "-Wl,--dynamic-linker=/bin/program"],
        ({ contents }) => {
          expect(["refused", "exited", "killed"]).toContain(outcome(contents));
        },
      ));
  });
});

describe.skipIf(!hasOracles("riscv64-linux-gnu-gcc"))("hostile programs", () => {
  it("make random system calls without harm", { timeout: 120_000 }, () =>
    withCompiled(source("system-calls.c"), ["-static", ...freestanding], ({ contents }) => {
      const marker = Buffer.from(contents).indexOf(Buffer.from("efcdab8967452301", "hex"));
      const ends = new Set<string>();
      for (let seed = 1; seed <= 12; seed += 1) {
        const program = contents.slice();
        new DataView(program.buffer).setBigUint64(marker, BigInt(seed), true);
        ends.add(outcome(program, { fuel: 5e6, kernel: { limits: { threads: 50 } } }));
      }
      expect(ends).not.toContain("refused");
    }),
  );

  it("don't get out of their roots", { timeout: 120_000 }, () =>
    withCompiled(source("escape.c"), ["-static"], async ({ contents }) => {
      const top = mkdtempSync(join(tmpdir(), "isovm-escape-"));
      const outside = join(top, "outside");
      const secret = join(outside, "secret");
      mkdirSync(outside);
      writeFileSync(secret, "SECRET");
      const server = createServer();
      const socket = join(outside, "socket");
      await new Promise<void>((resolve) => server.listen(socket, resolve));
      try {
        const attempt = (root: string, readOnly: boolean, also: Mounts): ProgramRun =>
          runProgram({
            isa,
            program: "/program",
            args: [secret, outside, socket, "/mnt"],
            root: openHostDirectory(root, { readOnly }),
            mounts: { "/mnt": openHostDirectory(makeRoot(`${root}-mount`, outside)), ...also },
            fuel: 1e9,
          });
        for (const [name, readOnly] of [
          ["root", true],
          ["mounted", false],
        ] as const) {
          const root = join(top, name);
          makeRoot(root, outside);
          writeFileSync(join(root, "program"), contents, { mode: 0o755 });
          const run = attempt(root, readOnly, {});
          expect(run.stdout).toBe("thousands of attempts\n");
          expect(run.code).toBe(0);
        }
        // What it looks for, it would find.
        const lent = { [outside]: openHostDirectory(outside, { readOnly: true }) };
        expect(attempt(join(top, "root"), true, lent).stdout).toContain("ESCAPED by openat");
        expect(readFileSync(secret, "utf8")).toBe("SECRET");
        expect(readdirSync(outside).sort()).toEqual(["secret", "socket"]);
        expect(readdirSync(top).sort()).toEqual(
          ["mounted", "mounted-mount", "outside", "root", "root-mount"].sort(),
        );
        expect(existsSync("/tmp/stolen")).toBe(false);
      } finally {
        server.close();
        rmSync(top, { recursive: true });
      }
    }),
  );
});

type Mounts = NonNullable<RunProgramOptions["mounts"]>;

/** A directory with links that lead out of it. */
function makeRoot(root: string, outside: string): string {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, "inner"), { recursive: true });
  const links: readonly (readonly [string, string])[] = [
    ["absolute", join(outside, "secret")],
    ["absolute-directory", outside],
    ["relative", "../outside/secret"],
    ["relative-directory", "../outside"],
    ["up", ".."],
    ["chain", "inner/up/relative"],
    ["inner/up", ".."],
    ["inner/self", "../inner"],
  ];
  for (const [name, target] of links) symlinkSync(target, join(root, name));
  return root;
}
