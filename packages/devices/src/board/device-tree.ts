/**
 * The device tree that a board's firmware and kernel are given (Devicetree Specification v0.4, 3).
 *
 * @see https://www.kernel.org/doc/Documentation/devicetree/bindings/riscv/cpus.yaml
 */
import { encodeDeviceTree } from "../device-tree/encode.ts";
import {
  type DeviceTreeNode,
  type DeviceTreeProperties,
  type PhandleReference,
  type PropertyValue,
  phandleOf,
} from "../device-tree/tree.ts";
import type { Board, BoardDevice, InterruptTarget } from "./board.ts";
import { type BoardSize, checkBoard } from "./check-board.ts";

/** What a device tree says beyond its board. */
export interface DeviceTreeOptions extends BoardSize {
  /** Properties of each hart, which the ISA knows. */
  readonly cpu: DeviceTreeProperties;
  /** Ticks of the real-time counter per second. */
  readonly timebaseHz: number;
  /** The kernel's command line. */
  readonly bootargs?: string;
  /** Guest-physical addresses of the initial RAM disk: its first byte, and the one after its last. */
  readonly initrd?: { readonly start: bigint; readonly end: bigint };
  /** Random bytes that the kernel seeds its generator with. */
  readonly rngSeed?: Uint8Array;
}

/**
 * The flattened device tree of a board.
 *
 * @throws BoardError if the board doesn't go together.
 * @throws DeviceTreeError if a node refers to something that isn't there.
 */
export function deviceTree(board: Board, options: DeviceTreeOptions): Uint8Array {
  checkBoard(board, options);
  const { memoryBytes, harts, cpu, timebaseHz } = options;
  return encodeDeviceTree({
    properties: {
      "#address-cells": 2,
      "#size-cells": 2,
      compatible: board.compatible,
      model: board.name,
    },
    children: {
      chosen: { properties: chosen(board, options) },
      cpus: cpus(harts, timebaseHz, cpu, board.hartInterruptController ?? {}),
      [at("memory", board.ramBase)]: {
        properties: { device_type: "memory", reg: [BigInt(board.ramBase), BigInt(memoryBytes)] },
      },
      ...board.nodes,
      soc: {
        properties: {
          "#address-cells": 2,
          "#size-cells": 2,
          compatible: "simple-bus",
          ranges: true,
        },
        children: Object.fromEntries(board.devices.flatMap(deviceNode)),
      },
    },
  });
}

function chosen(board: Board, options: DeviceTreeOptions): DeviceTreeProperties {
  const { bootargs, initrd, rngSeed } = options;
  const console = board.devices.find(({ name }) => name === board.stdout);
  return {
    ...(console?.node === undefined
      ? {}
      : { "stdout-path": `/soc/${at(console.node.kind, console.base)}` }),
    ...(bootargs === undefined ? {} : { bootargs }),
    ...(initrd === undefined
      ? {}
      : { "linux,initrd-start": initrd.start, "linux,initrd-end": initrd.end }),
    ...(rngSeed === undefined ? {} : { "rng-seed": rngSeed }),
  };
}

function cpus(
  harts: number,
  timebaseHz: number,
  cpu: DeviceTreeProperties,
  interruptController: DeviceTreeProperties,
): DeviceTreeNode {
  const numbers = Array.from({ length: harts }, (_, hart) => hart);
  const nodes = numbers.map((hart): [string, DeviceTreeNode] => [
    at("cpu", hart),
    {
      label: hartLabel(hart),
      properties: { device_type: "cpu", reg: hart, status: "okay", ...cpu },
      children: {
        "interrupt-controller": {
          label: wiresLabel(hart),
          properties: {
            "#address-cells": 0,
            "#interrupt-cells": 1,
            "interrupt-controller": true,
            ...interruptController,
          },
        },
      },
    },
  ]);
  const cores = numbers.map((hart): [string, DeviceTreeNode] => [
    `core${hart}`,
    { properties: { cpu: phandleOf(hartLabel(hart)) } },
  ]);
  return {
    properties: { "#address-cells": 1, "#size-cells": 0, "timebase-frequency": timebaseHz },
    children: {
      ...Object.fromEntries(nodes),
      "cpu-map": { children: { cluster0: { children: Object.fromEntries(cores) } } },
    },
  };
}

function deviceNode(device: BoardDevice): [string, DeviceTreeNode][] {
  if (device.node === undefined) return [];
  const { kind, properties, children = {} } = device.node;
  const reg = [BigInt(device.base), BigInt(device.sizeBytes)];
  const node: DeviceTreeNode = {
    label: device.name,
    properties: { ...properties, reg, ...interruptProperties(device.interrupts ?? []) },
    children,
  };
  return [[at(kind, device.base), node]];
}

/** `interrupts` where one controller takes all wires, `interrupts-extended` otherwise. */
function interruptProperties(targets: readonly InterruptTarget[]): DeviceTreeProperties {
  const [first] = targets;
  if (first === undefined) return {};
  const parent = parentOf(first);
  if ("controller" in first && targets.every((target) => parentOf(target) === parent))
    return { "interrupt-parent": phandleOf(parent), interrupts: targets.map(numberAt) };
  const extended: readonly (number | PhandleReference)[] = targets.flatMap((target) => [
    phandleOf(parentOf(target)),
    numberAt(target),
  ]);
  return { "interrupts-extended": extended satisfies PropertyValue };
}

function parentOf(target: InterruptTarget): string {
  return "hart" in target ? wiresLabel(target.hart) : target.controller;
}

function numberAt(target: InterruptTarget): number {
  return "hart" in target ? target.wire : target.input;
}

// Labels with an @ in them, so that no device's name is one of them.
function hartLabel(hart: number): string {
  return `cpu@${hart}`;
}

function wiresLabel(hart: number): string {
  return `cpu@${hart}/interrupt-controller`;
}

function at(kind: string, address: number): string {
  return `${kind}@${address.toString(16)}`;
}
