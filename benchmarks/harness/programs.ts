/** Real programs: whole processes, start and end included, from the guest's ordinary binaries. */
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { debianRoot } from "@isovm/testkit/debian";
import { type Command, output } from "./command.ts";
import type { Contestant, GuestCommand } from "./contestants.ts";
import type { Entry, Workload } from "./measure.ts";
import { programSources, root } from "./paths.ts";
import { compile } from "./toolchain.ts";

/** A program and what it is to do. */
export interface Program extends Workload {
  /** Whether it comes from Debian. */
  readonly isDebian?: true;
  /** What is on its standard input. */
  readonly input?: () => Uint8Array;
  /** Finds or makes the executable. */
  readonly prepare: () => Promise<Omit<GuestCommand, "arguments">>;
}

/** The same for every contestant; Python must not write to the root, which is shared. */
const environment = {
  PATH: "/usr/bin:/bin",
  HOME: "/tmp",
  LC_ALL: "C",
  TZ: "UTC",
  PYTHONDONTWRITEBYTECODE: "1",
};

const packages = [
  "7zip",
  "libpython3-stdlib",
  "perl-base",
  "python3-minimal",
  "sqlite3",
  "xz-utils",
];

/** A program of Debian, given by its path, whose last part is its name. */
function debian(path: string, args: readonly string[], input: () => Uint8Array): Program {
  return {
    name: basename(path),
    group: "programs",
    arguments: args,
    isDebian: true,
    input,
    prepare: async () => {
      const directory = await debianRoot({ packages });
      return { program: `${directory}${path}`, root: directory, environment };
    },
  };
}

const script = (name: string) => (): Uint8Array => readFileSync(join(programSources, name));
const esbuildBinary = join(root, "node_modules/@esbuild/linux-riscv64/bin/esbuild");

/** Machine code, of a version that is pinned. */
const machineCode = (sizeBytes: number) => (): Uint8Array => {
  const bytes = new Uint8Array(sizeBytes);
  const file = openSync(esbuildBinary, "r");
  readSync(file, bytes);
  closeSync(file);
  return bytes;
};

/** All programs. */
export const programs: readonly Program[] = [
  {
    // What `npm start` does.
    name: "esbuild",
    group: "programs",
    arguments: [
      join(root, "packages/isa-spec/src/index.ts"),
      ...["--bundle", "--minify", "--format=esm", "--target=es2023"],
    ],
    prepare: async () => ({ program: esbuildBinary, shared: root }),
  },
  debian("/usr/bin/python3", ["-"], script("report.py")),
  debian("/usr/bin/perl", ["-"], script("words.pl")),
  debian("/usr/bin/sqlite3", [":memory:"], script("orders.sql")),
  debian("/usr/bin/xz", ["-6", "-c"], machineCode(500_000)),
  debian(
    "/usr/lib/7zip/7za",
    ["a", "in.bz2", "-tbzip2", "-mmt1", "-si", "-so"],
    machineCode(2_000_000),
  ),
  {
    // The last one: what a longer program leaves beside the command is there, as it usually is.
    name: "hello",
    group: "start-up",
    arguments: [],
    prepare: async () => ({
      program: compile("hello", join(programSources, "hello.c"), [], "riscv64"),
    }),
  },
];

/** A contestant at a program; the checksum is of all that it writes. */
export async function programEntry(program: Program, contestant: Contestant): Promise<Entry> {
  const { command, args, options } = await programCommand(program, contestant);
  return {
    contestant,
    run: () => {
      const start = performance.now();
      const written = output(command, args, options);
      const milliseconds = performance.now() - start;
      return { checksum: createHash("sha256").update(written).digest("hex"), milliseconds };
    },
  };
}

/** The command of the host that runs a program. */
export async function programCommand(program: Program, contestant: Contestant): Promise<Command> {
  const guest = { ...(await program.prepare()), arguments: program.arguments };
  const [command, ...args] = contestant.command(guest);
  const input = program.input?.();
  const options = {
    ...(input ? { input } : {}),
    // An emulator of user programs hands its own environment on to the guest.
    ...(guest.environment
      ? { environment: { ...guest.environment, PATH: process.env.PATH ?? "" } }
      : {}),
  };
  return { command, args, options };
}
