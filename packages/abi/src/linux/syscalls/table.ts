/**
 * The system-call table: all families, and the numbers that a port gives them.
 */
import type { LinuxBinding } from "../binding.ts";
import { asmGenericNumbers, nameIn32Bit } from "../constants/asm-generic.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { directoryCalls } from "./directories.ts";
import { eventFileCalls } from "./event-files.ts";
import { fcntlCalls } from "./fcntl.ts";
import { fileAttributeCalls } from "./files-attributes.ts";
import { copyCalls } from "./files-copy.ts";
import { fileIoCalls } from "./files-io.ts";
import { fileOpenCalls } from "./files-open.ts";
import { fileStatCalls } from "./files-stat.ts";
import { identityCalls } from "./identity.ts";
import { memoryCalls } from "./memory.ts";
import { memoryAdviceCalls } from "./memory-advice.ts";
import { ownCalls } from "./own-calls.ts";
import { pollCalls } from "./poll.ts";
import { processCalls } from "./processes.ts";
import { schedulingCalls } from "./scheduling.ts";
import { signalCalls } from "./signals.ts";
import { socketCalls } from "./sockets.ts";
import { systemCalls } from "./system.ts";
import { threadCalls } from "./threads.ts";
import { timeCalls } from "./times.ts";

/** A family of calls: a chapter of the table. */
export interface SystemCallFamily {
  readonly title: string;
  readonly calls: readonly SystemCallDefinition[];
}

/** All system calls by family. */
export const systemCallFamilies: readonly SystemCallFamily[] = [
  { title: "Reading and writing", calls: fileIoCalls },
  { title: "Copying between descriptors", calls: copyCalls },
  { title: "Descriptors", calls: fileOpenCalls },
  { title: "Descriptor control and locks", calls: fcntlCalls },
  { title: "Looking at files", calls: fileStatCalls },
  { title: "Directories and names", calls: directoryCalls },
  { title: "File attributes and sizes", calls: fileAttributeCalls },
  { title: "Waiting for readiness", calls: pollCalls },
  { title: "Events as files", calls: eventFileCalls },
  { title: "Sockets", calls: socketCalls },
  { title: "Memory", calls: [...memoryCalls, ...memoryAdviceCalls] },
  { title: "Processes", calls: processCalls },
  { title: "Threads and futexes", calls: threadCalls },
  { title: "Signals", calls: signalCalls },
  { title: "Identity", calls: identityCalls },
  { title: "Time", calls: timeCalls },
  { title: "Scheduling", calls: schedulingCalls },
  { title: "System, limits, settings", calls: systemCalls },
  { title: "Calls of single ports", calls: ownCalls },
];

/** A port's table. */
export interface SystemCallTable {
  readonly definitions: ReadonlyMap<number, SystemCallDefinition>;
  /** Names of all numbers that Linux knows, whether or not they are there. */
  readonly names: ReadonlyMap<number, string>;
}

const tables = new WeakMap<LinuxBinding, SystemCallTable>();

/** The calls of a port by number. */
export function buildTable(binding: LinuxBinding): SystemCallTable {
  const known = tables.get(binding);
  if (known !== undefined) return known;
  const table = numberCalls(binding);
  tables.set(binding, table);
  return table;
}

function numberCalls(binding: LinuxBinding): SystemCallTable {
  const numbers: Readonly<Record<string, number>> = {
    ...(binding.systemCallNumbers === "asm-generic"
      ? asmGenericNumbers(binding.model.wordBytes)
      : binding.systemCallNumbers),
    ...binding.ownSystemCalls,
  };
  const names = new Map(Object.entries(numbers).map(([name, number]) => [number, name]));
  const definitions = new Map<number, SystemCallDefinition>();
  for (const { calls } of systemCallFamilies) {
    for (const definition of calls) {
      const { name } = definition;
      const number =
        numbers[binding.model.wordBytes === 4 ? nameIn32Bit(name) : name] ?? numbers[name];
      if (number !== undefined) definitions.set(number, definition);
    }
  }
  return { definitions, names };
}
