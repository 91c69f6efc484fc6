/** `isovm run`: runs a foreign program. */
import { ExecutableError, errnoMessage, LinuxError, type StartOptions } from "@isovm/abi";
import type { Isa } from "@isovm/isa-spec";
import type { Command } from "commander";
import type { GdbServer } from "../debug/gdb-server.ts";
import { LimitReachedError, NotExecutableError, UsageError } from "../errors.ts";
import type { CommandIo } from "../io/command-io.ts";
import { parseCount } from "../options/count.ts";
import { parseVariable } from "../options/environment.ts";
import { type Mount, parseMount } from "../options/mount.ts";
import { parsePort } from "../options/port.ts";
import { parseMemorySize } from "../options/size.ts";
import { parseStore, type StoreOption } from "../options/store.ts";
import { hostClock } from "../run/clock.ts";
import { type EngineChoice, engineNamed, engineNames } from "../run/engines.ts";
import { guestFiles } from "../run/guest-files.ts";
import { identifyingBytes, inspectProgram, rootHint } from "../run/inspect.ts";
import { debugEndOf, outcomeOf } from "../run/outcome.ts";
import { RegionDump } from "../run/region-dump.ts";
import { Session } from "../run/session.ts";
import { LineOutput } from "../run/standard-error.ts";
import { statisticsOf } from "../run/statistics.ts";
import type { RunIdentity } from "../store/run-store.ts";
import { openUsualStore, storeDirectory } from "../store/usual-store.ts";

interface RunOptions {
  readonly engine: string;
  readonly root?: string;
  readonly mount: readonly Mount[];
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly memory?: number;
  readonly fuel?: number;
  readonly store?: StoreOption;
  readonly dumpRegions?: string;
  readonly strace?: true;
  readonly stats?: true;
  readonly gdb?: number;
}

/** The environment of a guest, where `--env` says nothing else: none of the host's. */
const defaultEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/",
};

/** Runs a program and gives the exit code. */
async function run(
  program: string,
  programArguments: readonly string[],
  options: RunOptions,
  io: CommandIo,
): Promise<number> {
  const startMillis = performance.now();
  const engine = engineNamed(options.engine);
  const files = guestFiles({
    program,
    root: options.root,
    mounts: options.mount,
    clock: hostClock.realtimeNanos,
  });
  const hasRoot = options.root !== undefined;
  const executable = inspectProgram(files.vfs, files.program, program, hasRoot);
  const isa = executable.target.isa();
  const dump = regionDump(options, engine, isa);
  // What is taken from a store isn't translated.
  const usesStore = engine.translates && !dump;
  const directory = usesStore ? await storeDirectory(options.store, io) : undefined;
  const identity = (): RunIdentity => ({
    program: identifyingBytes(files.vfs, executable),
    isa: isa.name,
  });
  const store =
    directory === undefined ? undefined : await openUsualStore(directory, identity(), io);
  const stderr = new LineOutput(io.stderr);
  const session = new Session({
    target: executable.target,
    isa,
    engine,
    services: {
      ...(io.release && { programs: io.release.programs }),
      ...(store && { translations: store.translations }),
      ...(dump && { onRegion: (region) => dump.add(region) }),
    },
    vfs: files.vfs,
    io: { ...io, stderr },
    memoryBytes: options.memory,
    trace: options.strace && ((line) => stderr.line(line)),
  });
  let debug: GdbServer | undefined;
  try {
    files.completeMounts();
    const start = {
      program: files.program,
      arguments: [program, ...programArguments],
      environment: environmentOf(options, io),
    };
    startProgram(session, program, start, hasRoot);
    const fuel = options.fuel ?? Number.POSITIVE_INFINITY;
    const runMillis = performance.now();
    debug = await session.debug(options.gdb, (line) => stderr.line(`isovm: ${line}`));
    const end = await session.run(fuel);
    const wallMs = performance.now() - runMillis;
    await store?.save();
    const limits = { fuel, memoryBytes: session.vm.memory.limitBytes };
    const outcome = outcomeOf(end, session, limits);
    if (outcome.line !== undefined) stderr.line(`isovm: ${outcome.line}`);
    if (options.stats) {
      const times = { wallMs, startMs: runMillis - startMillis };
      stderr.line(JSON.stringify(statisticsOf(session, times, store?.figures())));
    }
    await debug?.close(debugEndOf(end, outcome.exitCode));
    return outcome.exitCode;
  } finally {
    await debug?.close();
    session.close();
  }
}

/** Loads the program into the machine. @throws NotExecutableError, LimitReachedError */
function startProgram(
  session: Session,
  name: string,
  options: StartOptions,
  hasRoot: boolean,
): void {
  try {
    session.start(options);
  } catch (error) {
    if (error instanceof ExecutableError) {
      // Without a root, what a program needs besides itself isn't there.
      const hint = error.code === "ENOENT" && !hasRoot ? ` (${rootHint})` : "";
      throw new NotExecutableError(`${name}: ${error.reason}${hint}`, { cause: error });
    }
    if (!(error instanceof LinuxError)) throw error;
    if (error.code === "ENOMEM") {
      throw new LimitReachedError(
        `${name}: the program doesn't fit into its memory: give more with --memory`,
      );
    }
    throw new NotExecutableError(`${name}: ${errnoMessage(error.code).toLowerCase()}`);
  }
}

/** What shows the regions, if the user asks for it. @throws UsageError */
function regionDump(
  { dumpRegions, store }: RunOptions,
  engine: EngineChoice,
  isa: Isa,
): RegionDump | undefined {
  if (dumpRegions === undefined) return undefined;
  if (!engine.translates) {
    throw new UsageError(
      `--dump-regions: the engine "${engine.name}" translates nothing; use --engine tiered`,
    );
  }
  if (store !== undefined && store !== "off") {
    throw new UsageError(
      "--dump-regions shows what this run translates, which is less with a store: leave out --store",
    );
  }
  return new RegionDump(dumpRegions, isa);
}

/** The guest's environment: `TERM` is all that the host may add. */
function environmentOf({ env }: RunOptions, io: CommandIo): readonly string[] {
  const term = io.environment.TERM;
  const isInteractive = io.stdin.isTerminal || io.stdout.isTerminal;
  const variables = new Map<string, string>([
    ...Object.entries(defaultEnvironment),
    ...(isInteractive && term !== undefined ? ([["TERM", term]] as const) : []),
    ...env,
  ]);
  return [...variables].map(([name, value]) => `${name}=${value}`);
}

const examples = `
Examples:
  isovm run ./hello                          a static riscv64 or riscv32 Linux program
  isovm run --strace ./hello world           its system calls on standard error
  isovm run --mount .:/work:ro ./wc /work/README.md
  isovm run --root ./debian --env LANG=C.UTF-8 /usr/bin/python3 -c 'print(6 * 7)'
  isovm run --fuel 100M --memory 64M ./untrusted

Options behind PROGRAM are the program's own. Without --root the guest sees the program, /tmp,
/dev, /proc and its mounts, and nothing else of this computer.

Translations are kept in the user's cache directory, or where ISOVM_STORE says, or nowhere with
--store off: the next run of the program is faster.

Exit codes: the program's own; 128+n if signal n ended it; 123 a limit was reached; 125 wrong usage
or a failure of isovm; 126 not executable here; 127 no such program.`;

const append = <T>(value: T, previous: readonly T[]): readonly T[] => [...previous, value];

/** Adds the command to the program. */
export function addRun(parent: Command, io: CommandIo, exit: (code: number) => void): void {
  parent
    .command("run")
    .summary("run a Linux program for another machine")
    .description("Runs a Linux program that was built for riscv64 or riscv32.")
    .usage("[options] PROGRAM [ARG...]")
    .argument("<PROGRAM>", "path on this computer; with --root, path in the guest's file system")
    .argument("[ARG...]", "the program's arguments")
    .option("--engine <NAME>", `what executes the code: ${engineNames.join(", ")}`, "tiered")
    .option("--root <DIR>", "directory that the guest has as its root")
    .option(
      "--mount <HOST:GUEST[:ro]>",
      "directory or file that the guest sees as GUEST; can be repeated",
      (text: string, previous: readonly Mount[]) => append(parseMount(text), previous),
      [],
    )
    .option(
      "--env <NAME=VALUE>",
      "environment variable of the guest; can be repeated",
      (text: string, previous: RunOptions["env"]) => append(parseVariable(text), previous),
      [],
    )
    .option("--memory <SIZE>", "limit of the guest's memory, such as 512M", parseMemorySize)
    .option("--fuel <N>", "limit of instructions, such as 100M", parseCount)
    .option(
      "--store <DIR|off>",
      "where translations are kept between runs (default: the user's cache directory)",
      parseStore,
    )
    .option(
      "--dump-regions <DIR>",
      "write what is translated to DIR: assembly, semantics, WebAssembly; uses no store",
    )
    .option("--gdb <PORT>", "wait for GDB on this port of this computer; 0 is any", parsePort)
    .option("--strace", "show the system calls on standard error")
    .option("--stats", "end standard error with one line of figures in JSON")
    .passThroughOptions()
    .addHelpText("after", examples)
    .action(async (program: string, rest: string[], options: RunOptions) =>
      exit(await run(program, rest, options, io)),
    );
}
