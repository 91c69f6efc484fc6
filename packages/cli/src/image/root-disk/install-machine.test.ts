import { assemble } from "@isovm/decoder";
import { type BlockStorage, bytesStorage } from "@isovm/devices";
import { interpreter } from "@isovm/interpreter";
import { rv64 } from "@isovm/riscv";
import { expect, it } from "vitest";
import { CommandError } from "../../errors.ts";
import { runInstallation } from "./install-machine.ts";
import { installedMark } from "./install-script.ts";

/** A kernel that writes a text on the serial port, and powers off through its firmware. */
function kernelSaying(text: string): Uint8Array {
  const send = [...text].map((letter) => ` li t1, ${letter.charCodeAt(0)}\n sb t1, 0(t0)\n`);
  const source = `
  start: j main
    .zero 60
  main: li t0, 0x10000000
    ${send.join("")}
    li a7, 0x53525354        # SRST: shutdown
    li a6, 0
    li a0, 0
    li a1, 0
    ecall
  stop: j stop`;
  const { bytes } = assemble(rv64(), source);
  // The header: docs.kernel.org/arch/riscv/boot-image-header.html.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setBigUint64(0x08, 0x20_0000n, true);
  view.setBigUint64(0x10, BigInt(bytes.length), true);
  view.setUint32(0x38, 0x0543_5352, true);
  return bytes;
}

/** Counts what is made durable. */
function countingDisk(): BlockStorage & { flushes: number } {
  const disk = { ...bytesStorage(new Uint8Array(512)), flushes: 0 };
  disk.flush = () => {
    disk.flushes += 1;
  };
  return disk;
}

function install(text: string, disk: BlockStorage, lines: string[] = []): Promise<void> {
  return runInstallation({
    engine: interpreter,
    kernel: kernelSaying(text),
    initrd: new Uint8Array(512),
    disk,
    medium: bytesStorage(new Uint8Array(512), { readOnly: true }),
    epochSeconds: 0,
    onLine: (line) => lines.push(line),
  });
}

it("is done when the machine says so, and flushes the disk then", async () => {
  const lines: string[] = [];
  const disk = countingDisk();
  await install(`Setting up a (1) ...\r\n${installedMark}\r\n`, disk, lines);
  expect(lines).toEqual(["Setting up a (1) ...", installedMark]);
  expect(disk.flushes).toBe(1);
});

it("fails with the machine's last words", async () => {
  const failed = install(`one\n\ntwo\n${"x\n".repeat(5)}`, countingDisk());
  await expect(failed).rejects.toThrow(CommandError);
  await expect(failed).rejects.toThrow(/could not be installed: two \| x \| x \| x \| x \| x$/);
});
