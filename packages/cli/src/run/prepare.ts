/** The interpreters that `isovm run` and `isovm boot` need, generated ahead of time. */
import { type InterpreterPrograms, interpreterWith } from "@isovm/interpreter";
import { GuestMemory, SystemMemory } from "@isovm/machine";
import { bootTargets } from "../boot/boot-targets.ts";
import { targets } from "./targets.ts";

const nothing = { read: () => undefined, write: () => false };

/** Has one kept for each target, for memory like that of a program or a machine. */
export function prepareInterpreters(programs: InterpreterPrograms): void {
  const create = interpreterWith(programs);
  for (const { isa } of targets) create({ isa: isa(), memory: new GuestMemory().engine });
  for (const { architecture } of Object.values(bootTargets)) {
    create({ isa: architecture(undefined).isa, memory: new SystemMemory(0, 4096, nothing) });
  }
}
