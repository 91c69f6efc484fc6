/** `isovm boot`: boots an operating system. */
import type { Command } from "commander";
import type { BootOptions } from "../boot/boot.ts";
import type { CommandIo } from "../io/command-io.ts";
import { parseConsole } from "../options/console.ts";
import { parseCount } from "../options/count.ts";
import { type Drive, parseDrive } from "../options/drive.ts";
import { parseHarts } from "../options/harts.ts";
import { parsePort } from "../options/port.ts";
import { parseMemorySize } from "../options/size.ts";
import { parseStore } from "../options/store.ts";
import { engineNames } from "../run/engines.ts";

const examples = `
Examples:
  isovm image debian-riscv64                 kernel, firmware, initial file systems, a disk
  isovm boot --bios debian-riscv64/firmware --kernel debian-riscv64/kernel \\
    --initrd debian-riscv64/initrd --append console=ttyS0
  isovm boot --kernel debian-riscv64/kernel --initrd debian-riscv64/initrd-disk \\
    --drive debian-riscv64/disk.raw --append 'console=ttyS0 root=/dev/vda'
  isovm boot --kernel Image --append 'console=ttyS0 root=/dev/vda' --drive disk.raw
  isovm boot --kernel Image --drive disk.raw,overlay --snapshot machine.snapshot --fuel 2G
  isovm boot --kernel Image --drive disk.raw,overlay --restore machine.snapshot

The machine is QEMU's "virt" but for PCI: a 16550A serial port as console, CLINT, PLIC, virtio over
MMIO. Without --bios, isovm answers the kernel's SBI calls itself.

With --console virtio, add console=hvc0 to --append.

At a terminal, Ctrl-A x ends the machine, Ctrl-A s keeps a snapshot, Ctrl-A h shows all such keys.

Exit codes: the guest's own when it powers off, mostly 0; 123 --fuel is spent; 125 wrong usage or a
failure of isovm; 128+n if signal n ended isovm.`;

/** Adds the command to the program. */
export function addBoot(parent: Command, io: CommandIo, exit: (code: number) => void): void {
  parent
    .command("boot")
    .summary("boot an operating system for another machine")
    .description("Boots an operating system: a machine with memory, devices and harts.")
    .option("--engine <NAME>", `what executes the code: ${engineNames.join(", ")}`, "tiered")
    .option("--isa <NAME>", "the harts: rv64, rv32", "rv64")
    .option("--bios <FILE>", "firmware, ELF or flat, such as OpenSBI's fw_dynamic.bin")
    .option("--kernel <FILE>", "Linux kernel: its Image, or one compressed with gzip")
    .option("--initrd <FILE>", "initial file system of the kernel")
    .option("--append <TEXT>", "the kernel's command line")
    .option("--memory <SIZE>", "memory, such as 2G (default: 512M)", parseMemorySize)
    .option("--harts <N>", "number of harts (default: 1)", parseHarts)
    .option(
      "--drive <FILE[,ro|,overlay]>",
      "disk image; with overlay, changes are forgotten; can be repeated",
      (text: string, previous: readonly Drive[] = []) => [...previous, parseDrive(text)],
    )
    .option(
      "--console <serial|virtio>",
      "what has the keys: the serial port, or hvc0, which knows the terminal's size",
      parseConsole,
      "serial",
    )
    .option("--net <user|none>", "network", "none")
    .option(
      "--store <DIR|off>",
      "where translations are kept between runs (default: the user's cache directory)",
      parseStore,
    )
    .option("--fuel <N>", "limit of instructions, such as 2G", parseCount)
    .option("--stats", "end standard error with one line of figures in JSON")
    .option("--gdb <PORT>", "wait for GDB on this port of this computer; 0 is any", parsePort)
    .option("--snapshot <FILE>", "where Ctrl-A s, a signal or the end of --fuel keep the machine")
    .option("--restore <FILE>", "go on from a snapshot of the same machine")
    .addHelpText("after", examples)
    .action(async (options: BootOptions) => {
      // Other commands start sooner without what only this one needs.
      const { boot } = await import("../boot/boot.ts");
      exit(await boot(options, io));
    });
}
