/** The interpreters that `isovm run` needs, generated ahead of time. */
import { type InterpreterPrograms, interpreterWith } from "@isovm/interpreter";
import { GuestMemory } from "@isovm/machine";
import { targets } from "./targets.ts";

/** Has one kept for each target, for memory like that of a run. */
export function prepareInterpreters(programs: InterpreterPrograms): void {
  const create = interpreterWith(programs);
  for (const { isa } of targets) create({ isa: isa(), memory: new GuestMemory().engine });
}
