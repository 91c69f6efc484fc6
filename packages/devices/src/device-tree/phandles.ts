/** Numbers for the nodes that others refer to (Devicetree Specification v0.4, 2.3.3). */
import { DeviceTreeError } from "../errors.ts";
import type { DeviceTreeNode, PhandleReference, PropertyValue } from "./tree.ts";

/** The phandle of each node that has one. */
export type Phandles = ReadonlyMap<DeviceTreeNode, number>;

/**
 * Numbers every node that is referred to, in the order of the tree; those that their properties
 * number already keep it.
 *
 * @throws DeviceTreeError if a reference leads nowhere or a label or number is taken twice.
 */
export function numberNodes(root: DeviceTreeNode): {
  phandles: Phandles;
  resolve(reference: PhandleReference, path: string): number;
} {
  const nodes = [...walk(root, "/")];
  const names = nameNodes(nodes);
  const find = ({ phandleOf }: PhandleReference, path: string): DeviceTreeNode => {
    const node = names.get(phandleOf);
    if (node === undefined) throw new DeviceTreeError(`${path}: no node ${phandleOf}`, { path });
    return node;
  };
  const targets = new Set(
    nodes.flatMap(({ node, path }) => referencesOf(node).map((reference) => find(reference, path))),
  );
  const phandles = new Map<DeviceTreeNode, number>();
  const taken = new Set<number>();
  for (const { node, path } of nodes) {
    const own = node.properties?.phandle;
    if (typeof own !== "number") continue;
    if (taken.has(own)) throw new DeviceTreeError(`${path}: phandle ${own} is taken`, { path });
    taken.add(own);
    phandles.set(node, own);
  }
  let next = 1;
  for (const { node } of nodes) {
    if (!targets.has(node) || phandles.has(node)) continue;
    while (taken.has(next)) next++;
    phandles.set(node, next++);
  }
  return { phandles, resolve: (reference, path) => phandles.get(find(reference, path)) ?? 0 };
}

interface Place {
  readonly node: DeviceTreeNode;
  readonly path: string;
}

function* walk(node: DeviceTreeNode, path: string): Generator<Place> {
  yield { node, path };
  for (const [name, child] of Object.entries(node.children ?? {}))
    yield* walk(child, path === "/" ? `/${name}` : `${path}/${name}`);
}

function nameNodes(nodes: readonly Place[]): Map<string, DeviceTreeNode> {
  const names = new Map<string, DeviceTreeNode>();
  for (const { node, path } of nodes) {
    names.set(path, node);
    if (node.label === undefined) continue;
    if (names.has(node.label))
      throw new DeviceTreeError(`${path}: label ${node.label} is taken`, { path });
    names.set(node.label, node);
  }
  return names;
}

function referencesOf(node: DeviceTreeNode): PhandleReference[] {
  return Object.values(node.properties ?? {}).flatMap((value: PropertyValue) =>
    [value].flat().filter((part) => isReference(part)),
  );
}

/** Whether a value, or an element of one, is a reference. */
export function isReference(value: unknown): value is PhandleReference {
  return typeof value === "object" && value !== null && "phandleOf" in value;
}
