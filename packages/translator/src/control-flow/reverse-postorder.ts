/** Depth-first order of a graph, without recursion: regions may be long chains of blocks. */

/** The reachable blocks, entry first, each before its successors but for retreating edges. */
export function reversePostorder(graph: { readonly successors: readonly (readonly number[])[] }): {
  readonly order: Int32Array;
  /** By block, its index in `order`, or -1. */
  readonly position: Int32Array;
} {
  const { successors } = graph;
  const count = successors.length;
  const position = new Int32Array(count).fill(-1);
  const postorder = new Int32Array(count);
  const path = new Int32Array(count);
  /** By block, how many of its edges have been followed; the last one comes first. */
  const followed = new Int32Array(count);
  const seen = new Uint8Array(count);
  let finished = 0;
  let depth = count > 0 ? 1 : 0;
  seen[0] = 1;
  while (depth > 0) {
    const block = path[depth - 1] ?? 0;
    const edges = successors[block] ?? [];
    const edge = followed[block] ?? 0;
    if (edge === edges.length) {
      postorder[finished++] = block;
      depth--;
      continue;
    }
    followed[block] = edge + 1;
    // From the last to the first, so that the first successor follows its block in the result.
    const successor = edges[edges.length - 1 - edge] ?? 0;
    if (seen[successor]) continue;
    seen[successor] = 1;
    path[depth++] = successor;
  }
  const order = postorder.subarray(0, finished).reverse();
  order.forEach((block, index) => {
    position[block] = index;
  });
  return { order, position };
}
