/**
 * Further ways into a graph. A region that was left in the middle of a loop – for an access that
 * has to be looked up, or when the budget was over – is entered again at the loop's begin.
 *
 * Control comes in at block 0 whichever entry is meant, and goes on to the loop's header by way of
 * the headers of the loops around it. So every loop is entered at its header only, and a reducible
 * graph stays reducible.
 */
import { analyse, type FlowAnalysis, type FlowGraph } from "./flow-graph.ts";
import { dominatedBy, loops } from "./loops.ts";

/** Where a block sends control that came for an entry. */
export interface EntryRoute {
  /** Number of the entry. */
  readonly entry: number;
  /** The next block. */
  readonly to: number;
  /** Whether that is where the entry leads. */
  readonly isLast: boolean;
}

/** A graph with the edges that control takes to its entries. */
export interface EntryGraph {
  readonly graph: FlowGraph;
  readonly analysis: FlowAnalysis;
  /** By block, where it sends control before it does anything else. */
  readonly routes: ReadonlyMap<number, readonly EntryRoute[]>;
}

/**
 * Adds ways to entries, given by number as blocks; the first one is block 0, the others are loop
 * headers.
 */
export function withEntries(graph: FlowGraph, entries: readonly number[]): EntryGraph {
  const plain = analyse(graph);
  if (entries.length === 1) return { graph, analysis: plain, routes: new Map() };
  const { parent } = loops(plain);
  const routes = new Map<number, EntryRoute[]>();
  entries.forEach((target, entry) => {
    for (let to = target; to !== 0; ) {
      const from = Math.max(parent[to] ?? -1, 0);
      const known = routes.get(from) ?? [];
      routes.set(from, [...known, { entry, to, isLast: to === target }]);
      to = from;
    }
  });
  const successors = graph.successors.map((list, block) => {
    const added = routes.get(block);
    return added ? [...new Set([...list, ...added.map(({ to }) => to)])] : list;
  });
  return { graph: { successors }, analysis: analyse({ successors }), routes };
}

/**
 * The blocks where a region can be entered: its first one, and the headers of its loops that control
 * comes to by way of the headers around them. Irreducible graphs may have others.
 */
export function entriesOf(graph: FlowGraph): readonly number[] {
  const analysis = analyse(graph);
  const { order, loopHeader } = analysis;
  const { parent } = loops(analysis);
  const isEntered = (block: number): boolean => {
    const around = parent[block] ?? -1;
    return around === -1 || (dominatedBy(analysis, block, around) && isEntered(around));
  };
  return [
    0,
    ...order.filter((block) => block !== 0 && loopHeader[block] === 1 && isEntered(block)),
  ];
}
