/**
 * Immediate dominators by iteration in reverse postorder.
 *
 * @see Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm", 2001
 * @module
 */

/** By block, its immediate dominator; the entry's own is itself, and so for unreachable blocks. */
export function immediateDominators(
  order: Int32Array,
  position: Int32Array,
  predecessors: readonly (readonly number[])[],
): Int32Array {
  /** By place in the order, the place of the dominator, which is never greater; -1: not known. */
  const dominator = new Int32Array(order.length).fill(-1);
  dominator[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let at = 1; at < order.length; at++) {
      let common = -1;
      for (const predecessor of predecessors[order[at] ?? 0] ?? []) {
        const place = position[predecessor] ?? -1;
        if (dominator[place] === -1) continue;
        common = common === -1 ? place : intersect(dominator, common, place);
      }
      if (dominator[at] === common) continue;
      dominator[at] = common;
      changed = true;
    }
  }
  return position.map((place, block) =>
    place === -1 ? block : (order[dominator[place] ?? 0] ?? 0),
  );
}

function intersect(dominator: Int32Array, first: number, second: number): number {
  let a = first;
  let b = second;
  while (a !== b) {
    while (a > b) a = dominator[a] ?? 0;
    while (b > a) b = dominator[b] ?? 0;
  }
  return a;
}
