/** Composes the machine that the user asks for. */
import {
  type BlockStorage,
  BoardError,
  type ConsoleLine,
  type DeviceObserver,
  type RandomSource,
  type SerialLine,
} from "@isovm/devices";
import type { EngineFactory } from "@isovm/isa-spec";
import { MemorySizeError, type SystemVm, startGuest, systemVm } from "@isovm/machine";
import { LimitReachedError } from "../errors.ts";
import type { ConsoleKind } from "../options/console.ts";
import { hostRandom } from "../run/clock.ts";
import { type BootFiles, bootImage } from "./boot-files.ts";
import type { BootTarget } from "./boot-targets.ts";
import { virtioSlots } from "./drives.ts";

/** Where a machine writes: through its serial port, and through isovm's own firmware. */
export interface MachineConsole extends SerialLine {
  write(bytes: Uint8Array): void;
  /** What has the keys; the serial line by default. */
  readonly kind?: ConsoleKind;
  /** The line of a virtio console, if it can be one. */
  readonly virtio?: ConsoleLine;
}

/** What a machine gets of the world outside. */
export interface MachineSurroundings {
  /** The date at power-on, in seconds since 1970. */
  readonly epochSeconds: number;
  readonly random: RandomSource;
}

/** What a machine is composed of. */
export interface MachineOptions {
  readonly target: BootTarget;
  readonly engine: EngineFactory;
  /** Asked for whenever the machine is powered on: a snapshot needs none of them. */
  readonly files: () => BootFiles;
  /** Whether firmware is among the files. */
  readonly hasFirmware: boolean;
  readonly storages: readonly BlockStorage[];
  readonly console: MachineConsole;
  readonly memoryBytes: number;
  readonly harts: number;
  readonly bootargs: string | undefined;
  /** By default the host's clock and randomness. */
  readonly surroundings?: MachineSurroundings;
  readonly observe?: DeviceObserver;
}

/** A machine, off. */
export interface Machine {
  readonly vm: SystemVm;
  /** Powers it on, or on again. @throws UsageError, InputError */
  readonly start: () => void;
}

const seedBytes = 32;

/** The machine. @throws UsageError, InputError, LimitReachedError */
export function composeMachine(options: MachineOptions): Machine {
  const { target, engine, files, storages, console, memoryBytes, harts, bootargs } = options;
  const { epochSeconds, random } = options.surroundings ?? hostSurroundings();
  let vm: SystemVm | undefined;
  const power = (event: Parameters<SystemVm["end"]>[0]): void => vm?.end(event);
  // Without firmware, isovm's own answers the kernel.
  const architecture = target.architecture(
    options.hasFirmware
      ? undefined
      : { console: { write: (bytes) => console.write(bytes) }, power },
  );
  const board = target.board({
    harts,
    console,
    power,
    rtcEpochSeconds: epochSeconds,
    virtio: virtioSlots(storages, console.kind === "virtio" ? console.virtio : undefined, random),
  });
  const { observe } = options;
  const machine = createVm(() =>
    systemVm({ architecture, engine, board, memoryBytes, harts, ...(observe && { observe }) }),
  );
  vm = machine;
  return {
    vm: machine,
    start: () => {
      // No two starts have the same seed.
      const rngSeed = new Uint8Array(seedBytes);
      random.fill(rngSeed);
      const options = { target, architecture, board, memoryBytes, harts, bootargs, rngSeed };
      startGuest(machine, bootImage(files(), options));
    },
  };
}

function hostSurroundings(): MachineSurroundings {
  return { epochSeconds: Math.floor(Date.now() / 1000), random: { fill: hostRandom } };
}

function createVm(create: () => SystemVm): SystemVm {
  try {
    return create();
  } catch (error) {
    if (error instanceof MemorySizeError || error instanceof BoardError) {
      throw new LimitReachedError(`${error.message}: give less with --memory`);
    }
    throw error;
  }
}
