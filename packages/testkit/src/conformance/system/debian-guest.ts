/** Debian's kernel, firmware and busybox in a machine: what `isovm image` makes, booted by hand. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  bytesStorage,
  type DeviceFactory,
  deviceTree,
  type NetworkLink,
  type PowerEvent,
  seededRandom,
  virt,
  virtioBlock,
  virtioEntropy,
  virtioMmio,
  virtioNetwork,
} from "@isovm/devices";
import type { EngineFactory } from "@isovm/isa-spec";
import { firmwareImage, placeGuest, type SystemVm, startGuest, systemVm } from "@isovm/machine";
import { entryRegisters, firmwareHandover, kernelImage, riscvSystem, sbi } from "@isovm/riscv";
import { exitCodes, main, nodeIo } from "isovm";
import { cacheDirectory } from "../../debian/cache.ts";

/** The files of a guest. */
export interface GuestFiles {
  readonly firmware: Uint8Array;
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
}

/** Makes the files; what was fetched before is kept in the cache. */
export async function debianGuestFiles(): Promise<GuestFiles> {
  const output = mkdtempSync(join(tmpdir(), "isovm-guest-"));
  try {
    await makeDebianGuest(output, ["--no-disk"]);
    const file = (name: string): Uint8Array => readFileSync(join(output, name));
    return { firmware: file("firmware"), kernel: file("kernel"), initrd: file("initrd") };
  } finally {
    rmSync(output, { recursive: true });
  }
}

/** Has `isovm image` make a guest's files in a directory. */
export async function makeDebianGuest(
  output: string,
  options: readonly string[] = [],
): Promise<void> {
  let messages = "";
  const code = await main(["image", "debian-riscv64", "--output", output, ...options], {
    ...nodeIo(),
    // The command has a directory `debian` in its own.
    cacheDirectory: async () => cacheDirectory(),
    stdout: { isTerminal: false, write: () => true },
    stderr: {
      isTerminal: false,
      write: (bytes) => {
        messages += new TextDecoder().decode(bytes);
        return true;
      },
    },
  });
  if (code !== exitCodes.success) throw new Error(messages);
}

/** What a guest is booted with. */
export interface GuestOptions {
  readonly files: GuestFiles;
  readonly engine: EngineFactory;
  /** What its shell executes before it powers off. */
  readonly commands: string;
  /** Whether isovm's SBI takes the firmware's place. */
  readonly builtInSbi?: boolean;
  readonly harts?: number;
  readonly memoryBytes?: number;
  /** Where its network device leads to, if it has one. */
  readonly network?: { readonly link: NetworkLink; readonly mac: string };
  /** The bytes of its disk, if it has one. */
  readonly disk?: Uint8Array;
}

/** A guest that was powered on. */
export interface Guest {
  readonly vm: SystemVm;
  /** What it has written on its console, with the line ends of the host. */
  readonly console: () => string;
  /** What reached the host, byte by byte, with the instructions executed by then. */
  readonly events: () => readonly string[];
}

/** Powers a guest on. Nothing of the host gets into it: equal options, equal runs. */
export function bootDebian(options: GuestOptions): Guest {
  const { files, builtInSbi = false, harts = 1, memoryBytes = 128 * 2 ** 20 } = options;
  let text = "";
  const events: string[] = [];
  const log = (event: string): void => void events.push(`${vm.executed} ${event}`);
  const write = (byte: number): void => {
    text += String.fromCharCode(byte);
    log(`byte ${byte}`);
  };
  const power = (event: PowerEvent): void => {
    log(event.kind);
    vm.end(event);
  };
  const firmware = builtInSbi
    ? sbi({ console: { write: (bytes) => bytes.forEach(write) }, power })
    : undefined;
  const architecture = riscvSystem(firmware && { firmware });
  const board = virt({
    harts,
    console: { transmit: write },
    power,
    rtcEpochSeconds: 1_750_000_000,
    virtio: virtioDevices(options),
  });
  const vm: SystemVm = systemVm({
    architecture,
    engine: options.engine,
    board,
    memoryBytes,
    harts,
    observe: (event) => log(`${event.device} ${event.kind} ${event.offset}`),
  });
  const { ramBase } = board;
  const bios = builtInSbi
    ? undefined
    : firmwareImage(files.firmware, { ramBase, elfMachine: 243, wordBits: 64 });
  const layout = placeGuest({
    ramBase,
    memoryBytes,
    ...(bios && { firmware: bios }),
    kernel: kernelImage(files.kernel),
    initrdBytes: files.initrd.length,
  });
  const kernel = layout.kernel ?? ramBase;
  const initrd = layout.initrd ?? { start: 0, end: 0 };
  const tree = deviceTree(board, {
    harts,
    memoryBytes,
    cpu: architecture.hartProperties,
    timebaseHz: 10_000_000,
    bootargs: `console=ttyS0 isovm.run="${options.commands}"`,
    initrd: { start: BigInt(initrd.start), end: BigInt(initrd.end) },
    rngSeed: new Uint8Array(32).fill(1),
  });
  const { address, capacityBytes } = layout.deviceTree;
  const handover = address + capacityBytes - 4096;
  startGuest(vm, {
    pieces: [
      ...(bios?.pieces ?? []),
      { address: kernel, bytes: files.kernel },
      { address: initrd.start, bytes: files.initrd },
      { address, bytes: tree },
      { address: handover, bytes: firmwareHandover(64, { next: BigInt(kernel) }) },
    ],
    entry: bios?.entry ?? kernel,
    registers: (hart) => entryRegisters(hart, BigInt(address), BigInt(handover)),
  });
  return { vm, console: () => text.replaceAll("\r\n", "\n"), events: () => events };
}

function virtioDevices({ network, disk }: GuestOptions): DeviceFactory[] {
  return [
    virtioMmio(virtioEntropy(seededRandom(1))),
    ...(network ? [virtioMmio(virtioNetwork(network.link, { mac: network.mac }))] : []),
    ...(disk ? [virtioMmio(virtioBlock(bytesStorage(disk)))] : []),
  ];
}
