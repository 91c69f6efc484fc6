/** What a board is: a literal of devices, their addresses and their interrupt wires. */
import type { DeviceFactory } from "../device.ts";
import type { DeviceTreeNode, DeviceTreeProperties } from "../device-tree/tree.ts";

/** Where an interrupt wire ends: at an input of a controller on the board, or at a hart. */
export type InterruptTarget =
  | { readonly controller: string; readonly input: number }
  | { readonly hart: number; readonly wire: number };

/** A device on a board. */
export interface BoardDevice {
  /** Its name on this board, and its label in the device tree. */
  readonly name: string;
  /** The guest-physical address of its first byte, a multiple of 8. */
  readonly base: number;
  /** Bytes of its address range, which the device has to fit into. */
  readonly sizeBytes: number;
  readonly device: DeviceFactory;
  /** Where its wires go, by their number at the device. Wires may share an input. */
  readonly interrupts?: readonly InterruptTarget[];
  /**
   * Its node in the device tree, named `kind@base`; `reg` and the interrupts follow from the other
   * members. Without it the device is not in the tree.
   */
  readonly node?: { readonly kind: string } & Omit<DeviceTreeNode, "label">;
}

/**
 * A machine but for its harts and the size of its memory, as a literal.
 *
 * @example A board with a device of one's own: a counter that goes up with each read.
 * ```ts
 * import assert from "node:assert/strict";
 * import { type Board, buildBoard, type Device, nullServices } from "@isovm/devices";
 *
 * const counter = (): Device => {
 *   let count = 0n;
 *   return {
 *     name: "counter",
 *     sizeBytes: 8,
 *     read: (_offset, width) => (width === 8 ? count++ : undefined),
 *     write: () => false,
 *     state: () => String(count),
 *     restore: (state) => void (count = BigInt(String(state))),
 *     reset: () => void (count = 0n),
 *   };
 * };
 * const board: Board = {
 *   name: "acme,counting-board",
 *   compatible: ["acme,counting-board"],
 *   ramBase: 0x8000_0000,
 *   devices: [{ name: "counter", base: 0x1000, sizeBytes: 8, device: counter }],
 * };
 * const { bus } = buildBoard(board, nullServices({ harts: 1, memoryBytes: 1 << 20 }));
 * assert.deepEqual([bus.read(0x1000, 8), bus.read(0x1000, 8)], [0n, 1n]);
 * assert.equal(bus.read(0x1000, 4), undefined);
 * ```
 */
export interface Board {
  /** The model, as the device tree has it. */
  readonly name: string;
  /** What the board is compatible with, the most specific first. */
  readonly compatible: readonly string[];
  /** The guest-physical address of RAM. */
  readonly ramBase: number;
  readonly devices: readonly BoardDevice[];
  /** The name of the device that is the console. */
  readonly stdout?: string;
  /** Properties of each hart's own interrupt controller in the device tree: `compatible`. */
  readonly hartInterruptController?: DeviceTreeProperties;
  /** Nodes at the device tree's root beyond those that the other members yield. */
  readonly nodes?: Readonly<Record<string, DeviceTreeNode>>;
}
