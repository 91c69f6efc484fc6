/**
 * Natural loops: a header and the blocks that come back to it without leaving its dominance. Loops
 * of different headers are disjoint or nested, also in irreducible graphs.
 *
 * @see Aho, Lam, Sethi, Ullman: "Compilers", 2nd edition, 9.6.6 (natural loops)
 * @module
 */
import type { FlowAnalysis } from "./flow-graph.ts";

/** How blocks are nested in loops; a loop goes by the number of its header. */
export interface FlowLoops {
  /** By block, the innermost loop around it – a header's is its own – or -1. */
  readonly innermost: Int32Array;
  /** By header, the next loop around its own, or -1; of no meaning for other blocks. */
  readonly parent: Int32Array;
  /** By block, how many loops it is in. */
  readonly depth: Int32Array;
}

/** Finds the natural loops of a graph. */
export function loops(analysis: FlowAnalysis): FlowLoops {
  const { order, loopHeader } = analysis;
  const count = loopHeader.length;
  const found: FlowLoops = {
    innermost: new Int32Array(count).fill(-1),
    parent: new Int32Array(count).fill(-1),
    depth: new Int32Array(count),
  };
  // Inner headers first: they come later than those that dominate them.
  for (let i = order.length - 1; i >= 0; i--) {
    const header = order[i] ?? 0;
    if (loopHeader[header]) collect(analysis, found, header);
  }
  for (const block of order) {
    const { innermost, parent, depth } = found;
    const header = innermost[block] ?? -1;
    if (header === -1) continue;
    const outer = header === block ? (parent[header] ?? -1) : header;
    depth[block] = (outer === -1 ? 0 : (depth[outer] ?? 0)) + (header === block ? 1 : 0);
  }
  return found;
}

/** Walks back from the sources of the back edges; an inner loop is passed as if it were a block. */
function collect(analysis: FlowAnalysis, found: FlowLoops, header: number): void {
  const { predecessors, position } = analysis;
  const { innermost, parent } = found;
  const start = position[header] ?? 0;
  innermost[header] = header;
  const pending = (predecessors[header] ?? []).filter(
    (from) => (position[from] ?? 0) >= start && dominatedBy(analysis, from, header),
  );
  for (let block = pending.pop(); block !== undefined; block = pending.pop()) {
    const entered = outermost(found, block);
    if (entered === header) continue;
    if (entered === -1) innermost[block] = header;
    else parent[entered] = header;
    pending.push(...(predecessors[entered === -1 ? block : entered] ?? []));
  }
}

/** Whether every way to a block leads over a header. */
export function dominatedBy(analysis: FlowAnalysis, block: number, header: number): boolean {
  const { immediateDominator, position } = analysis;
  const place = position[header] ?? 0;
  let at = block;
  while ((position[at] ?? 0) > place) at = immediateDominator[at] ?? 0;
  return at === header;
}

/** The outermost loop found so far around a block, or -1. */
function outermost({ innermost, parent }: FlowLoops, block: number): number {
  let loop = innermost[block] ?? -1;
  if (loop === -1) return -1;
  for (let next = parent[loop] ?? -1; next !== -1; next = parent[loop] ?? -1) loop = next;
  return loop;
}
