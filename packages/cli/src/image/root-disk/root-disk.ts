/** A disk with a Debian system: packages, installed by a machine. */
import { createHash } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { fileStorage } from "@isovm/devices/node";
import type { EngineFactory } from "@isovm/isa-spec";
import type { DebianPackages, StepListener } from "@isovm/testkit/debian";
import { hostCommand } from "../host-command.ts";
import { runInstallation } from "./install-machine.ts";
import { installCommand, installScript } from "./install-script.ts";
import { makeMedium, type SystemPackages } from "./installation-medium.ts";
import { InstallationProgress } from "./progress.ts";

/** What {@link rootDisk} takes. */
export interface RootDiskOptions {
  readonly packages: DebianPackages;
  /** Packages beside those that every system has, and what boots it. */
  readonly include: readonly string[];
  readonly sizeBytes: number;
  readonly kernel: Uint8Array;
  /** The initial file system that executes commands. */
  readonly initrd: Uint8Array;
  readonly engine: EngineFactory;
  readonly onStep: StepListener;
}

/** What a system needs to start, and to be logged in to. */
const bootPackages: readonly string[] = [
  "systemd-sysv",
  "udev",
  "kmod",
  "login",
  "passwd",
  "procps",
];

const diskFile = "disk.raw";

/** The path of the disk image: it stays in the cache. @throws CommandError */
export async function rootDisk(options: RootDiskOptions): Promise<string> {
  const { packages, include, sizeBytes, onStep } = options;
  // Better now than when all is fetched.
  hostCommand("mkfs.ext4", ["-V"]);
  const essential = "?essential";
  const first = await packages.archives([essential]);
  const all = await packages.archives([essential, ...bootPackages, ...include]);
  const others = all.filter((file) => !first.includes(file));
  const ingredients = [all.map((file) => basename(file)), sizeBytes, installCommand, installScript];
  const key = createHash("sha256").update(JSON.stringify(ingredients)).digest("hex");
  const directory = await packages.derived(`disk-${key.slice(0, 16)}`, (temporary) =>
    makeDisk(temporary, { first, others }, key, options),
  );
  onStep(`${all.length} packages are installed`);
  return join(directory, diskFile);
}

async function makeDisk(
  directory: string,
  packages: SystemPackages,
  key: string,
  options: RootDiskOptions,
): Promise<void> {
  const { sizeBytes, onStep } = options;
  const files = [...packages.first, ...packages.others];
  const epochSeconds = Math.max(...files.map(buildDate));
  const diskPath = join(directory, diskFile);
  makeFileSystem(diskPath, { sizeBytes, uuid: uuidOf(key), epochSeconds });
  onStep("putting the packages on an installation medium");
  const work = join(directory, "work");
  mkdirSync(work);
  const mediumPath = join(work, "medium.tar");
  makeMedium(packages, mediumPath);
  onStep("installing them in a machine, which takes some minutes");
  const disk = fileStorage(diskPath);
  const medium = fileStorage(mediumPath, { readOnly: true });
  try {
    const progress = new InstallationProgress(files.length, onStep);
    const onLine = (line: string): void => progress.see(line);
    await runInstallation({ ...options, disk, medium, epochSeconds, onLine });
  } finally {
    disk.close();
    medium.close();
  }
  rmSync(work, { recursive: true });
}

/** When a package was built, in seconds since 1970: in the first header of its archive, deb(5). */
function buildDate(file: string): number {
  const header = Buffer.alloc(36);
  const fd = openSync(file, "r");
  readSync(fd, header);
  closeSync(fd);
  return Number(header.toString("latin1", 24, 36));
}

interface FileSystemOptions {
  readonly sizeBytes: number;
  readonly uuid: string;
  readonly epochSeconds: number;
}

/** Makes an empty ext4, with nothing left for the kernel to initialise while the guest works. */
function makeFileSystem(path: string, { sizeBytes, uuid, epochSeconds }: FileSystemOptions): void {
  writeFileSync(path, "");
  truncateSync(path, sizeBytes);
  const extended = [
    `hash_seed=${uuid}`,
    "root_owner=0:0",
    "lazy_itable_init=0",
    "lazy_journal_init=0",
  ];
  const options = ["-q", "-F", "-L", "root", "-U", uuid, "-E", extended.join(",")];
  const time = String(epochSeconds);
  hostCommand("mkfs.ext4", [...options, path], {
    SOURCE_DATE_EPOCH: time,
    E2FSPROGS_FAKE_TIME: time,
  });
}

/** The digits of a hash as a UUID. */
function uuidOf(hash: string): string {
  return hash.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-8$3-8$4-$5");
}
