/** A machine that installs packages on its first drive from its second one. */

import { byteSource } from "@isovm/abi";
import { type BlockStorage, seededRandom } from "@isovm/devices";
import type { EngineFactory } from "@isovm/isa-spec";
import { runSystem } from "@isovm/machine";
import type { BootFiles } from "../../boot/boot-files.ts";
import { bootTargetNamed } from "../../boot/boot-targets.ts";
import { composeMachine } from "../../boot/compose.ts";
import { hostFailures } from "../../boot/host-failures.ts";
import { CommandError } from "../../errors.ts";
import { exitCodes } from "../../exit-codes.ts";
import { installCommand, installedMark } from "./install-script.ts";

/** What {@link runInstallation} takes. */
export interface InstallationOptions {
  readonly engine: EngineFactory;
  readonly kernel: Uint8Array;
  /** The initial file system that executes commands. */
  readonly initrd: Uint8Array;
  /** An empty file system. */
  readonly disk: BlockStorage;
  readonly medium: BlockStorage;
  /** The date in the machine, in seconds since 1970. */
  readonly epochSeconds: number;
  /** Is given each line that the machine writes. */
  readonly onLine: (line: string) => void;
}

const path = (name: string, bytes: Uint8Array) => ({ path: name, source: byteSource(bytes) });
/** Some hundred times what it takes. */
const fuel = 1e13;
const linesOfMessage = 6;

/**
 * Runs the machine until the packages are installed. Nothing of the host gets into it: equal
 * options make equal disks.
 *
 * @throws CommandError with the machine's last words if it fails.
 */
export async function runInstallation(options: InstallationOptions): Promise<void> {
  const { engine, kernel, initrd, disk, medium, epochSeconds, onLine } = options;
  const files: BootFiles = {
    firmware: undefined,
    kernel: path("kernel", kernel),
    initrd: path("initrd", initrd),
  };
  const lines: string[] = [];
  let text = "";
  const transmit = (byte: number): void => {
    if (byte !== newline) {
      text += String.fromCharCode(byte);
      return;
    }
    const line = text.trimEnd();
    text = "";
    lines.push(line);
    onLine(line);
  };
  const { vm, start } = composeMachine({
    target: bootTargetNamed("rv64"),
    engine,
    files: () => files,
    hasFirmware: false,
    storages: [flushedAtTheEnd(disk), medium],
    console: { transmit, write: (bytes) => bytes.forEach(transmit) },
    memoryBytes: memoryFor(medium.sizeBytes),
    harts: 1,
    bootargs: `console=ttyS0 panic=-1 isovm.run="${installCommand}"`,
    surroundings: { epochSeconds, random: seededRandom(0) },
    observe: hostFailures((line) => lines.push(line)),
  });
  start();
  await runSystem(vm, { fuel, idle: "skip" });
  disk.flush();
  if (lines.includes(installedMark)) return;
  const last = lines.filter((line) => line !== "").slice(-linesOfMessage);
  throw new CommandError(
    `the packages could not be installed: ${last.join(" | ")}`,
    exitCodes.failure,
  );
}

const newline = 0x0a;

/** Installing stops half way or is done: until then, nothing has to last. */
function flushedAtTheEnd(disk: BlockStorage): BlockStorage {
  const { sizeBytes, readOnly } = disk;
  return {
    sizeBytes,
    readOnly,
    read: (offset, into) => disk.read(offset, into),
    write: (offset, bytes) => disk.write(offset, bytes),
    flush: () => {},
    close: () => disk.close(),
  };
}

/** The unpacked medium may take half of the memory. */
function memoryFor(mediumBytes: number): number {
  const mebibyte = 2 ** 20;
  return Math.ceil((2 * mediumBytes) / mebibyte) * mebibyte + 512 * mebibyte;
}
