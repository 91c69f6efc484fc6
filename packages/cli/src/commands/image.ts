/** `isovm image`: makes what a machine boots. */
import type { Command } from "commander";
import { UsageError } from "../errors.ts";
import { type CommandIo, writeText } from "../io/command-io.ts";
import { parseSize } from "../options/size.ts";

interface ImageCommandOptions {
  readonly output: string;
  readonly suite: string;
  /** `false` with `--no-disk`. */
  readonly disk: boolean;
  readonly diskSize?: number;
  readonly include?: readonly string[];
}

const guests = ["debian-riscv64"];

async function image(guest: string, options: ImageCommandOptions, io: CommandIo): Promise<void> {
  if (!guests.includes(guest)) {
    throw new UsageError(`there is no guest "${guest}"; give one of ${guests.join(", ")}`);
  }
  // Other commands start sooner without what only this one needs.
  const [{ debianRiscv64 }, { engineNamed }] = await Promise.all([
    import("../image/debian-riscv64.ts"),
    import("../run/engines.ts"),
  ]);
  const { output, suite, include = [], diskSize = defaultDiskBytes } = options;
  const engine = engineNamed("tiered").create({
    ...(io.release && { programs: io.release.programs }),
  });
  const files = await debianRiscv64({
    output,
    suite,
    disk: options.disk ? { sizeBytes: diskSize, include, engine } : undefined,
    cacheDirectory: await io.cacheDirectory(),
    onStep: (step) => writeText(io.stderr, `isovm: ${step}\n`),
  });
  const { firmware, kernel, initrd, diskInitrd, disk } = files;
  const machine = `isovm boot --bios ${firmware} --kernel ${kernel}`;
  const command =
    disk === undefined
      ? `${machine} --initrd ${initrd}`
      : `${machine} \\\n  --initrd ${diskInitrd} --drive ${disk} --append "console=ttyS0 root=/dev/vda"`;
  writeText(io.stdout, `${[...Object.values(files), "", command].join("\n")}\n`);
}

const defaultDiskBytes = 2 ** 31;
const smallestDiskBytes = 2 ** 29;

/** @throws UsageError */
function parseDiskSize(text: string): number {
  const size = parseSize(text);
  // Whole blocks of the file system.
  if (size >= smallestDiskBytes && size % 4096 === 0) return size;
  throw new UsageError(`"${text}" is no size for the disk: give a multiple of 4K from 512M on`);
}

/** @throws UsageError */
function parseInclude(text: string, previous: readonly string[] = []): string[] {
  const names = text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name));
  if (wrong !== undefined) throw new UsageError(`"${wrong}" is no name of a package`);
  return [...previous, ...names];
}

const description = `Makes what a machine boots from a distribution's own packages.

debian-riscv64: Debian's kernel and OpenSBI; an initial file system with its busybox; a disk with
systemd, apt and a login, and the initial file system that starts it. Packages come from a Debian
mirror among apt's sources. Needs apt-get, dpkg-deb, tar, xz and mkfs.ext4, and nobody's root.`;

const examples = `
The packages on the disk are installed by a machine that isovm runs for that: it takes some minutes,
once. Log in as root, who has no password.
  isovm boot --kernel debian-riscv64/kernel --initrd debian-riscv64/initrd-disk \\
    --drive debian-riscv64/disk.raw --append "console=ttyS0 root=/dev/vda"

The initial file systems start a shell on the console. Kernel options change that:
  --append 'isovm.run="uname -a; ls /"'      executes commands, then powers off
  --append 'root=/dev/vda'                   goes on with the system on the first drive (initrd-disk)

Packages and disks are kept in the user's cache directory. Nothing of this computer's own package
system is changed, and a disk in the output directory is never overwritten.`;

/** Adds the command to the program. */
export function addImage(parent: Command, io: CommandIo): void {
  parent
    .command("image")
    .summary("make a kernel, firmware and file system to boot")
    .description(description)
    .argument("<GUEST>", `what is made: ${guests.join(", ")}`)
    .option("--output <DIR>", "directory for the files", "debian-riscv64")
    .option("--suite <NAME>", "release of Debian", "trixie")
    .option(
      "--disk-size <SIZE>",
      "size of the disk; the file has holes (default: 2G)",
      parseDiskSize,
    )
    .option(
      "--include <NAMES>",
      "further packages on the disk, with commas between; can be repeated",
      parseInclude,
    )
    .option("--no-disk", "make no disk: all else takes seconds")
    .addHelpText("after", examples)
    .action((guest: string, options: ImageCommandOptions) => image(guest, options, io));
}
