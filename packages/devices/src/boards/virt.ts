/**
 * QEMU's generic RISC-V board `virt`, as far as firmware and kernels need it: without flash, PCI and
 * `fw_cfg`.
 *
 * @see https://www.qemu.org/docs/master/system/riscv/virt.html
 */
import { aclint } from "../aclint/aclint.ts";
import type { Board, BoardDevice, InterruptTarget } from "../board/board.ts";
import type { DeviceFactory } from "../device.ts";
import { type DeviceTreeNode, phandleOf } from "../device-tree/tree.ts";
import { BoardError } from "../errors.ts";
import { goldfishRtc } from "../goldfish-rtc/goldfish-rtc.ts";
import { plic } from "../plic/plic.ts";
import { type PowerEvent, testFinisher } from "../test-finisher/test-finisher.ts";
import { type SerialLine, uart16550 } from "../uart16550/uart16550.ts";
import { virtioMmio } from "../virtio/mmio.ts";

/** The host's ends of a {@link virt} board. */
export interface VirtOptions {
  /** Number of harts: 1 by default. */
  readonly harts?: number;
  /** The line that the serial port is connected to. */
  readonly console: SerialLine;
  /** Is told that the guest powers off or resets, in the midst of its store. */
  readonly power: (event: PowerEvent) => void;
  /** Seconds since 1970 at power-on: 0 by default. */
  readonly rtcEpochSeconds?: number;
  /** Devices with virtio's memory-mapped transport, by slot, eight at most; the rest stay empty. */
  readonly virtio?: readonly (DeviceFactory | undefined)[];
}

/** Interrupt wires of a RISC-V hart (Privileged Architecture, 3.1.9). */
const hartWire = { machineSoftware: 3, machineTimer: 7, supervisor: 9, machine: 11 } as const;
const sources = 95;
const virtioSlots = 8;
const uartClockHz = 3_686_400;

/**
 * A board on which the firmware and kernels that run on QEMU's `virt` run unmodified. Its devices
 * are `test`, `rtc`, `clint`, `plic`, `serial` and `virtio0` to `virtio7`.
 *
 * @throws BoardError if there are more virtio devices than slots.
 */
export function virt(options: VirtOptions): Board {
  const { harts = 1, console, power, rtcEpochSeconds = 0, virtio = [] } = options;
  if (virtio.length > virtioSlots)
    throw new BoardError(`virt has ${virtioSlots} slots for virtio, not ${virtio.length}`, {
      board: "virt",
    });
  const everyHart = (wires: readonly number[]): InterruptTarget[] =>
    Array.from({ length: harts }, (_, hart) => wires.map((wire) => ({ hart, wire }))).flat();
  return {
    name: "riscv-virtio,isovm",
    compatible: ["riscv-virtio"],
    ramBase: 0x8000_0000,
    stdout: "serial",
    hartInterruptController: { compatible: "riscv,cpu-intc" },
    nodes: {
      poweroff: syscon("syscon-poweroff", 0x5555),
      reboot: syscon("syscon-reboot", 0x7777),
    },
    devices: [
      {
        name: "test",
        base: 0x10_0000,
        sizeBytes: 0x1000,
        device: testFinisher(power),
        node: node("test", ["sifive,test1", "sifive,test0", "syscon"]),
      },
      {
        name: "rtc",
        base: 0x10_1000,
        sizeBytes: 0x1000,
        device: goldfishRtc({ epochSeconds: rtcEpochSeconds }),
        interrupts: [{ controller: "plic", input: 11 }],
        node: node("rtc", "google,goldfish-rtc"),
      },
      {
        name: "clint",
        base: 0x200_0000,
        sizeBytes: 0x1_0000,
        device: aclint({ harts }),
        interrupts: everyHart([hartWire.machineSoftware, hartWire.machineTimer]),
        node: node("clint", ["sifive,clint0", "riscv,clint0"]),
      },
      {
        name: "plic",
        base: 0xc00_0000,
        sizeBytes: 0x60_0000,
        device: plic({ sources, contexts: 2 * harts }),
        interrupts: everyHart([hartWire.machine, hartWire.supervisor]),
        node: node("plic", ["sifive,plic-1.0.0", "riscv,plic0"], {
          "#address-cells": 0,
          "#interrupt-cells": 1,
          "interrupt-controller": true,
          "riscv,ndev": sources,
        }),
      },
      {
        name: "serial",
        base: 0x1000_0000,
        sizeBytes: 0x100,
        device: uart16550(console, { clockHz: uartClockHz }),
        interrupts: [{ controller: "plic", input: 10 }],
        node: node("serial", "ns16550a", { "clock-frequency": uartClockHz }),
      },
      ...Array.from({ length: virtioSlots }, (_, slot) => virtioSlot(slot, virtio[slot])),
    ],
  };
}

/** An empty slot answers, for guests that look into all of them, but isn't in the device tree. */
function virtioSlot(slot: number, device: DeviceFactory | undefined): BoardDevice {
  return {
    name: `virtio${slot}`,
    base: 0x1000_1000 + 0x1000 * slot,
    sizeBytes: 0x1000,
    device: device ?? virtioMmio(),
    interrupts: [{ controller: "plic", input: 1 + slot }],
    ...(device === undefined ? {} : { node: node("virtio_mmio", "virtio,mmio") }),
  };
}

function node(
  kind: string,
  compatible: string | readonly string[],
  properties: DeviceTreeNode["properties"] = {},
): NonNullable<BoardDevice["node"]> {
  return { kind, properties: { compatible, ...properties } };
}

function syscon(compatible: string, value: number): DeviceTreeNode {
  return { properties: { compatible, regmap: phandleOf("test"), offset: 0, value } };
}
