/** Flattens a device tree (Devicetree Specification v0.4, 5). */
import { DeviceTreeError } from "../errors.ts";
import { ByteWriter } from "./byte-writer.ts";
import { headerBytes, lastCompatibleVersion, magic, token, version } from "./format.ts";
import { isReference, numberNodes, type Phandles } from "./phandles.ts";
import type { DeviceTreeNode, MemoryReservation, PhandleReference, PropertyValue } from "./tree.ts";

/** What a blob holds beside its tree. */
export interface EncodeDeviceTreeOptions {
  readonly reservations?: readonly MemoryReservation[];
  /** Number of the CPU that boots: 0 by default. */
  readonly bootCpu?: number;
}

/**
 * The flattened device tree (DTB, version 17) of a tree. Nodes that others refer to get a `phandle`.
 *
 * @throws DeviceTreeError if a reference leads nowhere, a number doesn't fit its cells, or a name
 * isn't one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { decodeDeviceTree, encodeDeviceTree, phandleOf } from "@isovm/devices";
 *
 * const blob = encodeDeviceTree({
 *   children: {
 *     "gpio@1000": { label: "gpio", properties: { reg: [0x1000, 0x100], "gpio-controller": true } },
 *     led: { properties: { compatible: ["acme,led", "gpio-leds"], gpios: [phandleOf("gpio"), 3] } },
 *   },
 * });
 * const { led } = decodeDeviceTree(blob).root.children;
 * assert.deepEqual(led?.properties.gpios, Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 3));
 * ```
 *
 * @see https://github.com/devicetree-org/devicetree-specification/releases/tag/v0.4
 */
export function encodeDeviceTree(
  root: DeviceTreeNode,
  { reservations = [], bootCpu = 0 }: EncodeDeviceTreeOptions = {},
): Uint8Array {
  const structure = new StructureWriter(root);
  const body = new ByteWriter();
  for (const { address, sizeBytes } of [...reservations, { address: 0n, sizeBytes: 0n }]) {
    body.u64(address);
    body.u64(sizeBytes);
  }
  const structureAt = headerBytes + body.length;
  body.bytes(structure.block.finish());
  const stringsAt = headerBytes + body.length;
  body.bytes(structure.strings.finish());
  body.align(8);
  const header = new ByteWriter();
  for (const word of [
    magic,
    headerBytes + body.length,
    structureAt,
    stringsAt,
    headerBytes,
    version,
    lastCompatibleVersion,
    bootCpu,
    structure.strings.length,
    structure.block.length,
  ])
    header.u32(word);
  header.bytes(body.finish());
  return header.finish();
}

/** The structure block, and the block of property names that it points into. */
class StructureWriter {
  readonly block: ByteWriter = new ByteWriter();
  readonly strings: ByteWriter = new ByteWriter();
  readonly #offsets = new Map<string, number>();
  readonly #phandles: Phandles;
  readonly #resolve: (reference: PhandleReference, path: string) => number;

  constructor(root: DeviceTreeNode) {
    const { phandles, resolve } = numberNodes(root);
    this.#phandles = phandles;
    this.#resolve = resolve;
    this.#node("", root, "/");
    this.block.u32(token.end);
  }

  #node(name: string, node: DeviceTreeNode, path: string): void {
    this.block.u32(token.beginNode);
    this.block.string(name);
    this.block.align(4);
    for (const [key, value] of Object.entries(node.properties ?? {}))
      this.#property(key, value, path);
    const phandle = this.#phandles.get(node);
    if (phandle !== undefined && node.properties?.phandle === undefined)
      this.#property("phandle", phandle, path);
    for (const [childName, child] of Object.entries(node.children ?? {})) {
      const childPath = `${path === "/" ? "" : path}/${childName}`;
      // 2.2.1 and 2.2.2: what a name consists of.
      if (!/^[\w,.+-]+(@[\w,.+-]+)?$/.test(childName))
        throw new DeviceTreeError(`${childPath}: not a name of a node`, { path: childPath });
      this.#node(childName, child, childPath);
    }
    this.block.u32(token.endNode);
  }

  #property(name: string, value: PropertyValue, path: string): void {
    if (!/^[\w,.+?#-]+$/.test(name))
      throw new DeviceTreeError(`${path}: ${name} is not a name of a property`, { path });
    const bytes = this.#value(value, `${path}: ${name}`, path);
    this.block.u32(token.property);
    this.block.u32(bytes.length);
    this.block.u32(this.#nameOffset(name));
    this.block.bytes(bytes);
    this.block.align(4);
  }

  #nameOffset(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.strings.length;
    this.#offsets.set(name, offset);
    this.strings.string(name);
    return offset;
  }

  #value(value: PropertyValue, what: string, path: string): Uint8Array {
    if (value instanceof Uint8Array) return value;
    const writer = new ByteWriter();
    if (value === true) return writer.finish();
    for (const part of [value].flat()) {
      if (typeof part === "string") writer.string(part);
      else if (isReference(part)) writer.u32(this.#resolve(part, path));
      else if (typeof part === "bigint" && BigInt.asUintN(64, part) === part) writer.u64(part);
      else if (typeof part === "number" && part >>> 0 === part) writer.u32(part);
      else throw new DeviceTreeError(`${what}: ${String(part)} does not fit its cells`, { path });
    }
    return writer.finish();
  }
}
