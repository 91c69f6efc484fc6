/**
 * The file system at `/dev`.
 * @see https://docs.kernel.org/admin-guide/devices.html for names and numbers
 */
import { MemoryFileSystem } from "../memory/file-system.ts";
import { deviceNumber } from "../mode.ts";
import type { FileSystem, RealTimeClock } from "../types.ts";
import type { CharacterDevice } from "./character-device.ts";
import {
  type FillRandom,
  fullDevice,
  nullDevice,
  randomDevice,
  zeroDevice,
} from "./memory-devices.ts";

/** What `/dev` is made of. */
export interface DeviceFileSystemOptions {
  readonly clock: RealTimeClock;
  readonly fillRandom: FillRandom;
  /** What `/dev/tty` and `/dev/console` are; without it opening them is ENXIO. */
  readonly terminal?: CharacterDevice;
  /** More devices: name, number (`deviceNumber`), permission bits, and the driver. */
  readonly devices?: readonly DeviceNode[];
}

/** A device and its node. */
export interface DeviceNode {
  readonly name: string;
  readonly number: number;
  readonly mode: number;
  /** Without a driver the node is there, and opening it is ENXIO. */
  readonly device: CharacterDevice | undefined;
}

/** Symlinks to the process's own descriptors, which Linux distributions have in `/dev`. */
const links = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
] as const;

/** Makes a file system with the usual devices, and `shm` for POSIX shared memory. */
export function deviceFileSystem(options: DeviceFileSystemOptions): FileSystem {
  const random = randomDevice(options.fillRandom);
  const node = (
    name: string,
    major: number,
    minor: number,
    device?: CharacterDevice,
  ): DeviceNode => ({
    name,
    number: deviceNumber(major, minor),
    mode: 0o666,
    device,
  });
  const nodes: readonly DeviceNode[] = [
    node("null", 1, 3, nullDevice),
    node("zero", 1, 5, zeroDevice),
    node("full", 1, 7, fullDevice),
    node("random", 1, 8, random),
    node("urandom", 1, 9, random),
    node("tty", 5, 0, options.terminal),
    node("console", 5, 1, options.terminal),
    ...(options.devices ?? []),
  ];
  const devices = new Map<number, CharacterDevice>();
  for (const { number, device } of nodes) {
    if (device !== undefined) devices.set(number, device);
  }
  const fileSystem = new MemoryFileSystem({ clock: options.clock, devices, type: "devtmpfs" });
  const owner = { uid: 0, gid: 0 };
  for (const { name, number, mode } of nodes) {
    fileSystem.root.create(name, { kind: "character", mode, rdev: number, ...owner });
  }
  for (const [name, target] of links) {
    fileSystem.root.create(name, { kind: "symlink", mode: 0o777, target, ...owner });
  }
  fileSystem.root.create("shm", { kind: "directory", mode: 0o1777, ...owner });
  return fileSystem;
}
