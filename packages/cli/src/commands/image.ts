/** `isovm image`: makes what a machine boots. */
import type { Command } from "commander";
import { UsageError } from "../errors.ts";
import { type CommandIo, writeText } from "../io/command-io.ts";

interface ImageCommandOptions {
  readonly output: string;
  readonly suite: string;
}

const guests = ["debian-riscv64"];

async function image(guest: string, options: ImageCommandOptions, io: CommandIo): Promise<void> {
  if (!guests.includes(guest)) {
    throw new UsageError(`there is no guest "${guest}"; give one of ${guests.join(", ")}`);
  }
  const { debianRiscv64 } = await import("../image/debian-riscv64.ts");
  const files = await debianRiscv64({
    ...options,
    cacheDirectory: await io.cacheDirectory(),
    onStep: (step) => writeText(io.stderr, `isovm: ${step}\n`),
  });
  const lines = [
    ...Object.values(files),
    "",
    `isovm boot --bios ${files.firmware} --kernel ${files.kernel} --initrd ${files.initrd}`,
  ];
  writeText(io.stdout, `${lines.join("\n")}\n`);
}

const description = `Makes what a machine boots from a distribution's own packages.

debian-riscv64: Debian's kernel and OpenSBI, and initial file systems with its busybox, from a
Debian mirror among apt's sources. Needs apt-get, dpkg-deb, tar and xz.`;

const examples = `
The initial file system starts a shell on the console. Kernel options change that:
  --append 'isovm.run="uname -a; ls /"'      executes commands, then powers off
  --append 'root=/dev/vda'                   goes on with the system on the first drive

Packages are kept in the user's cache directory. Nothing of this computer's own package system is
changed.`;

/** Adds the command to the program. */
export function addImage(parent: Command, io: CommandIo): void {
  parent
    .command("image")
    .summary("make a kernel, firmware and file system to boot")
    .description(description)
    .argument("<GUEST>", `what is made: ${guests.join(", ")}`)
    .option("--output <DIR>", "directory for the files", "debian-riscv64")
    .option("--suite <NAME>", "release of Debian", "trixie")
    .addHelpText("after", examples)
    .action((guest: string, options: ImageCommandOptions) => image(guest, options, io));
}
