/**
 * Rows with probes: calls of a host function at the begin, at every way out and in every branch,
 * so that any engine tells which parts of a row's IR were executed.
 */
import type { Expression, Instruction, Isa, Statement } from "@isovm/isa-spec";

/** The name of the host function. */
export const probeName = "testkit.probe";

/** A place in the IR of a row. */
export interface Probe {
  readonly row: Instruction;
  /** `begin`, `end`, `jump`, or a branch such as `if 2 else`. */
  readonly place: string;
}

/** An ISA with probes. */
export interface ProbedIsa {
  readonly isa: Isa;
  /** By the number that the host function is given as its first operand. */
  readonly probes: readonly Probe[];
}

/**
 * Adds the probes. The host function is given the probe's number and, at a row's begin, the values
 * of its operands in their order.
 */
export function addProbes(isa: Isa): ProbedIsa {
  const probes: Probe[] = [];
  // Beyond all results of the rows' own statements.
  let nextTemporary = 1_000_000;
  const probedRow = (row: Instruction): Instruction => {
    let branches = 0;
    const probe = (place: string, operands: readonly Expression[] = []): Statement => {
      const value = BigInt(probes.push({ row, place }) - 1);
      nextTemporary += 1;
      return {
        kind: "intrinsic",
        name: probeName,
        operands: [{ kind: "constant", width: 32, value }, ...operands],
        result: { id: nextTemporary, width: 1 },
        reads: [],
        writes: [],
      };
    };
    const inside = (place: string, list: readonly Statement[]): readonly Statement[] => [
      probe(place),
      ...list.flatMap(visit),
    ];
    const visit = (statement: Statement): readonly Statement[] => {
      if (statement.kind === "jump") return [probe("jump"), statement];
      if (statement.kind === "if") {
        branches += 1;
        const name = `if ${branches}`;
        const then = inside(`${name} then`, statement.then);
        return [{ ...statement, then, else: inside(`${name} else`, statement.else) }];
      }
      if (statement.kind === "while") {
        branches += 1;
        return [{ ...statement, body: inside(`while ${branches}`, statement.body) }];
      }
      return [statement];
    };
    const fields = Object.entries(row.operands).map(
      ([name, { width }]): Expression => ({ kind: "field", width, name }),
    );
    const begin = probe("begin", fields);
    const middle = row.semantics.body.flatMap(visit);
    const body = [begin, ...middle, probe("end")];
    return { ...row, semantics: { body } };
  };
  const extensions = isa.extensions.map((extension) => ({
    ...extension,
    instructions: extension.instructions.map(probedRow),
  }));
  const instructions = extensions.flatMap((extension) => extension.instructions);
  return { isa: { ...isa, extensions, instructions }, probes };
}
