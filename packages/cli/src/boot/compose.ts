/** Composes the machine that the user asks for. */
import { randomBytes } from "node:crypto";
import { type BlockStorage, BoardError } from "@isovm/devices";
import type { EngineFactory } from "@isovm/isa-spec";
import {
  type BootImage,
  MemorySizeError,
  type SystemVm,
  startGuest,
  systemVm,
} from "@isovm/machine";
import { LimitReachedError } from "../errors.ts";
import { type BootFiles, bootImage } from "./boot-files.ts";
import type { BootTarget } from "./boot-targets.ts";
import type { Console } from "./console.ts";
import { virtioSlots } from "./drives.ts";

/** What a machine is composed of. */
export interface MachineOptions {
  readonly target: BootTarget;
  readonly engine: EngineFactory;
  /** Read when the machine is powered on: a snapshot needs none of them. */
  readonly files: () => BootFiles;
  /** Whether firmware is among the files. */
  readonly hasFirmware: boolean;
  readonly storages: readonly BlockStorage[];
  readonly console: Console;
  readonly memoryBytes: number;
  readonly harts: number;
  readonly bootargs: string | undefined;
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
    rtcEpochSeconds: Math.floor(Date.now() / 1000),
    virtio: virtioSlots(storages, console.kind === "virtio" ? console.virtio : undefined),
  });
  const rngSeed = randomBytes(seedBytes);
  let image: BootImage | undefined;
  const machine = createVm(() => systemVm({ architecture, engine, board, memoryBytes, harts }));
  vm = machine;
  return {
    vm: machine,
    start: () => {
      image ??= bootImage(files(), {
        target,
        architecture,
        board,
        memoryBytes,
        harts,
        bootargs,
        rngSeed,
      });
      startGuest(machine, image);
    },
  };
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
