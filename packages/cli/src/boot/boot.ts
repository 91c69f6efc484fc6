/** Boots what the command line says. */
import { IsovmError } from "@isovm/isa-spec";
import { GdbStub, LARGEST_RAM_BYTES, type SystemVm, systemDebugTarget } from "@isovm/machine";
import { GdbServer } from "../debug/gdb-server.ts";
import { CommandError, InputError, UsageError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import type { CommandIo } from "../io/command-io.ts";
import { headOf } from "../io/file-source.ts";
import { readFileBytes } from "../io/read-file.ts";
import type { ConsoleKind } from "../options/console.ts";
import type { Drive } from "../options/drive.ts";
import type { StoreOption } from "../options/store.ts";
import { engineNamed } from "../run/engines.ts";
import { LineOutput } from "../run/standard-error.ts";
import { engineStatistics } from "../run/statistics.ts";
import type { RunIdentity } from "../store/run-store.ts";
import { openUsualStore, storeDirectory } from "../store/usual-store.ts";
import type { BootFiles, BootSource } from "./boot-files.ts";
import { BootSession } from "./boot-session.ts";
import { bootTargetNamed } from "./boot-targets.ts";
import { composeMachine } from "./compose.ts";
import { Console } from "./console.ts";
import { openDrives } from "./drives.ts";
import type { ConsoleCommand } from "./escape-keys.ts";
import { hostFailures } from "./host-failures.ts";
import { unpackKernel } from "./kernel-file.ts";
import { OpenFiles } from "./open-files.ts";
import { exitCodeOf } from "./outcome.ts";

/** What the command line says. */
export interface BootOptions {
  readonly engine: string;
  readonly isa: string;
  readonly bios?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append?: string;
  readonly memory?: number;
  readonly harts?: number;
  readonly drive?: readonly Drive[];
  readonly console: ConsoleKind;
  readonly net: string;
  readonly store?: StoreOption;
  readonly fuel?: number;
  readonly stats?: true;
  readonly gdb?: number;
  readonly snapshot?: string;
  readonly restore?: string;
}

const defaultMemoryBytes = 512 * 2 ** 20;
const pageBytes = 4096;
/** So many bytes of each file stand for it. */
const identityBytes = 2 ** 16;

/** Boots and gives the exit code: 1 and the like are the guest's own. */
export async function boot(options: BootOptions, io: CommandIo): Promise<number> {
  try {
    return await bootGuest(options, io);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new CommandError(error.message, exitCodes.failure, { cause: error });
  }
}

async function bootGuest(options: BootOptions, io: CommandIo): Promise<number> {
  const startMillis = performance.now();
  refuseWhatIsMissing(options);
  const memory = machineMemory(options.memory ?? defaultMemoryBytes);
  const { harts = 1, drive = [] } = options;
  const target = bootTargetNamed(options.isa);
  const engine = engineNamed(options.engine);
  const stderr = new LineOutput(io.stderr);
  const progress = (text: string): void => {
    if (io.stderr.isTerminal) stderr.line(`isovm: ${text}`);
  };
  const directory = engine.translates ? await storeDirectory(options.store, io) : undefined;
  const store =
    directory === undefined ? undefined : await openUsualStore(directory, identityOf(options), io);
  const storages = openDrives(drive, options.console === "virtio");
  const opened = new OpenFiles();
  let session: BootSession | undefined;
  let debug: GdbServer | undefined;
  const console = new Console(
    io,
    (command: ConsoleCommand) => session?.command(command),
    options.console,
  );
  const say = (line: string): void => {
    console.flush();
    // A terminal in raw mode needs the carriage return.
    stderr.line(io.stdin.isTerminal ? `${line}\r` : line);
  };
  try {
    const { vm, start } = composeMachine({
      target,
      engine: engine.create({
        ...(io.release && { programs: io.release.programs }),
        ...(store && { translations: store.translations }),
      }),
      files: () => readFiles(options, opened, progress),
      hasFirmware: options.bios !== undefined,
      storages,
      console,
      memoryBytes: memory,
      harts,
      bootargs: options.append,
      observe: hostFailures(say),
    });
    if (options.restore === undefined) start();
    else {
      restore(vm, options.restore, opened);
      opened.readRest(vm, say);
    }
    progress(`${mebibytes(memory)} of memory, harts: ${harts}; Ctrl-A h for help`);
    const stub = options.gdb === undefined ? undefined : new GdbStub(systemDebugTarget(vm));
    if (stub) {
      debug = await GdbServer.listen(options.gdb ?? 0, stub);
      stderr.line(`isovm: ${debug.invitation}`);
    }
    session = new BootSession({
      vm,
      io,
      restart: start,
      snapshot: options.snapshot,
      fuel: options.fuel ?? Number.POSITIVE_INFINITY,
      sliceInstructions: engine.sliceInstructions,
      stub,
      say,
    });
    console.open();
    // What a snapshot has executed is no work of this process.
    const restored = vm.executed;
    const runMillis = performance.now();
    const end = await session.run();
    const wallMs = performance.now() - runMillis;
    console.close();
    for (const storage of storages) storage.flush();
    await store?.save();
    if (end.kind === "fuel") stderr.line(`isovm: stopped after ${vm.executed} instructions`);
    if (options.stats) {
      const times = { wallMs, startMs: runMillis - startMillis };
      const run = { engine: vm.engine, executed: vm.executed - restored };
      const figures = engineStatistics(run, vm.architecture.isa, times, store?.figures());
      stderr.line(JSON.stringify({ ...figures, harts: vm.harts, guestMs: Number(vm.nanos) / 1e6 }));
    }
    const exitCode = exitCodeOf(end);
    await debug?.close({ kind: "exited", code: exitCode });
    return exitCode;
  } finally {
    await debug?.close();
    console.close();
    opened.close();
    for (const storage of storages) storage.close();
  }
}

/** Memory comes in pages; what is left of the last one is left out. @throws UsageError */
function machineMemory(bytes: number): number {
  const whole = Math.floor(bytes / pageBytes) * pageBytes;
  if (whole >= pageBytes && whole <= LARGEST_RAM_BYTES) return whole;
  const most = LARGEST_RAM_BYTES / 2 ** 30;
  throw new UsageError(`--memory: a machine has from 4K to ${most}G of it, not ${bytes} bytes`);
}

/** @throws UsageError */
function refuseWhatIsMissing({ net, snapshot, restore }: BootOptions): void {
  if (net === "user") {
    throw new UsageError("--net user: machines have no way to the host's network yet; use none");
  }
  if (net !== "none") throw new UsageError(`--net ${net}: give none or user`);
  if (snapshot !== undefined && snapshot === restore) {
    throw new UsageError("--snapshot and --restore name the same file");
  }
}

function readFiles(
  { bios, kernel, initrd }: BootOptions,
  opened: OpenFiles,
  progress: (text: string) => void,
): BootFiles {
  const open = (path: string): BootSource => {
    const source = opened.open(path);
    progress(`${path}: ${mebibytes(source.sizeBytes)}`);
    return { path, source };
  };
  const firmware = bios === undefined ? undefined : open(bios);
  const packed = kernel === undefined ? undefined : open(kernel);
  return {
    firmware: firmware && {
      path: firmware.path,
      bytes: headOf(firmware.source, firmware.source.sizeBytes),
    },
    kernel: packed && { ...packed, source: unpackKernel(packed.path, packed.source) },
    initrd: initrd === undefined ? undefined : open(initrd),
  };
}

/** What stands for what is booted among translations, which are compared with memory anyway. */
function identityOf({ bios, kernel, isa }: BootOptions): RunIdentity {
  const parts = [bios, kernel].map((path) => path && readFileBytes(path, identityBytes));
  return {
    program: Buffer.concat(parts.filter((part) => part instanceof Uint8Array)),
    isa: `${isa} system`,
  };
}

/** @throws InputError */
function restore(vm: SystemVm, path: string, opened: OpenFiles): void {
  try {
    vm.restore(opened.open(path));
  } catch (error) {
    if (error instanceof InputError || !(error instanceof IsovmError)) throw error;
    throw new InputError(`${path}: ${error.message}`, { cause: error });
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1).replace(".0", "")} MiB`;
}
