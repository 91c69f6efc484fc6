/**
 * Runs a program in a process VM the same way every time: time passes with instructions and jumps
 * over waits, randomness comes from a seed, output is collected.
 */
import {
  deviceFileSystem,
  type FileSystem,
  type Kernel,
  type KernelOptions,
  type LinuxBinding,
  linux,
  MemoryFileSystem,
  type PopulateNode,
  populate,
  Vfs,
} from "@isovm/abi";
import { interpreter } from "@isovm/interpreter";
import type { EngineFactory, Isa } from "@isovm/isa-spec";
import { type ProcessVm, processVm, type RunResult } from "@isovm/machine";
import { linuxRiscv64, rv64 } from "@isovm/riscv";
import { OutputCollector, stdinOf } from "./streams.ts";

/** A program and its surroundings. */
export interface RunProgramOptions {
  /** Its path in the guest. */
  readonly program: string;
  /** The arguments after its name. */
  readonly args?: readonly string[];
  /** What it is called; its path by default. */
  readonly name?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  /** All of standard input; empty by default. */
  readonly stdin?: string | Uint8Array;
  /** The file system at `/`; in memory by default. */
  readonly root?: FileSystem;
  /** Put into the root, which must be writable then. */
  readonly files?: Readonly<Record<string, PopulateNode>>;
  /** More file systems, by their paths. `/dev` and `/tmp` are there already. */
  readonly mounts?: Readonly<Record<string, FileSystem>>;
  readonly isa?: Isa;
  readonly binding?: LinuxBinding;
  readonly engine?: EngineFactory;
  /** Instructions after which it is stopped; 2 * 10^9 by default. */
  readonly fuel?: number;
  readonly memoryBytes?: number;
  /** More of the kernel: a trace, an observer, limits. */
  readonly kernel?: Pick<
    KernelOptions,
    "cpuCount" | "hostName" | "limits" | "lingering" | "observer" | "quantum" | "trace"
  >;
}

/** How a program ended, and what it wrote. */
export interface ProgramRun {
  /** The exit status as a shell reports it, 128 + n for signal n; undefined if it didn't end. */
  readonly code: number | undefined;
  readonly end: RunResult;
  readonly stdout: string;
  readonly stderr: string;
  /** The bytes of `stdout`. */
  readonly output: Uint8Array;
  readonly vm: ProcessVm<Kernel>;
}

/** Nanoseconds of the guest's time that an instruction takes. */
const instructionNanos = 10;

/** A day: a program that waits for longer waits for ever. */
const longestWaitNanos = 86_400e9;

/** 2026-01-01, UTC. */
const startOfTime = 1_767_225_600_000_000_000n;

/**
 * Runs a program until it ends, waits for what will never come, or has spent its fuel.
 *
 * @throws ExecutableError, LinuxError if it can't be started.
 */
export function runProgram(options: RunProgramOptions): ProgramRun {
  let skippedNanos = 0;
  const now = (): number => (vm ? Number(vm.executed) * instructionNanos : 0) + skippedNanos;
  const realtime = (): bigint => startOfTime + BigInt(now());
  const stdout = new OutputCollector();
  const stderr = new OutputCollector();
  const random = seededRandom(1);
  let vm: ProcessVm<Kernel> | undefined;
  vm = processVm({
    isa: options.isa ?? rv64(),
    engine: options.engine ?? interpreter,
    abi: linux({
      binding: options.binding ?? linuxRiscv64,
      vfs: tree(options, realtime, random),
      host: {
        clock: { monotonicNanos: now, realtimeNanos: realtime },
        random,
        stdin: stdinOf(options.stdin ?? ""),
        stdout,
        stderr,
      },
      ...options.kernel,
    }),
    ...(options.memoryBytes !== undefined && { memoryBytes: options.memoryBytes }),
  });
  vm.abi.start({
    program: options.program,
    arguments: [options.name ?? options.program, ...(options.args ?? [])],
    environment: Object.entries(options.environment ?? defaultEnvironment).map(
      ([name, value]) => `${name}=${value}`,
    ),
    workingDirectory: options.workingDirectory,
  });
  let end: RunResult;
  for (;;) {
    const left = (options.fuel ?? 2e9) - Number(vm.executed);
    // A long slice would hide from the guest that time passes.
    end = left < 1 ? { kind: "fuel" } : vm.runFor(Math.min(left, 1e6));
    if (end.kind === "fuel" && left > 1e6) continue;
    if (end.kind !== "idle" || end.untilNanos === undefined) break;
    const nanos = Math.ceil(end.untilNanos - now());
    if (nanos > longestWaitNanos) break;
    skippedNanos += Math.max(1, nanos);
  }
  return {
    code: exitStatus(end),
    end,
    stdout: stdout.text,
    stderr: stderr.text,
    output: stdout.bytes,
    vm,
  };
}

const defaultEnvironment = { PATH: "/usr/bin:/bin", HOME: "/tmp", LC_ALL: "C" };

function tree(
  options: RunProgramOptions,
  clock: () => bigint,
  fillRandom: (target: Uint8Array) => void,
): Vfs {
  const root = options.root ?? new MemoryFileSystem({ clock });
  populate(root, options.files ?? {});
  const vfs = new Vfs({ root, clock });
  vfs.mount("/dev", deviceFileSystem({ clock, fillRandom }));
  vfs.mount("/tmp", new MemoryFileSystem({ clock, mode: 0o1777 }));
  for (const [path, fileSystem] of Object.entries(options.mounts ?? {})) {
    vfs.mount(path, fileSystem);
  }
  return vfs;
}

function exitStatus(end: RunResult): number | undefined {
  if (end.kind === "exited") return end.code;
  if (end.kind === "killed") return 128 + end.signal;
  return undefined;
}

/** Marsaglia's xorshift32. */
function seededRandom(seed: number): (target: Uint8Array) => void {
  let state = seed;
  return (target) => {
    for (let index = 0; index < target.length; index += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      target[index] = state >>> 8;
    }
  };
}
