/** Keeps a storage within its limit: the programs that were not used for longest are given up. */
import { baseKey, meaningOf, programKey } from "./keys.ts";
import type { QuietStorage } from "./storage.ts";

/** What a value takes at least: small files take a block of a file system. */
const blockBytes = 4096;

interface KeptProgram {
  readonly name: string;
  bytes: number;
  usedMillis: number;
  /** Images first: what says when they were used is worth something until they are gone. */
  readonly images: string[];
  readonly uses: string[];
}

/** What was given up of a program. */
export interface Eviction {
  readonly program: string;
  readonly bytes: number;
}

/**
 * Removes programs until no more than `limitBytes` are used.
 *
 * @param current the program in use, which is kept.
 */
export async function evict(
  storage: QuietStorage,
  limitBytes: number,
  current: string,
): Promise<Eviction[]> {
  const programs = programsOf(await storage.keys(baseKey));
  let bytes = programs.reduce((sum, program) => sum + program.bytes, 0);
  const evicted: Eviction[] = [];
  for (const program of programs.sort((one, other) => one.usedMillis - other.usedMillis)) {
    if (bytes <= limitBytes) break;
    if (program.name === current) continue;
    for (const key of [...program.images, ...program.uses]) await storage.remove(key);
    bytes -= program.bytes;
    evicted.push({ program: programKey(program.name), bytes: program.bytes });
  }
  return evicted;
}

function programsOf(keys: readonly string[]): KeptProgram[] {
  const programs = new Map<string, KeptProgram>();
  for (const key of keys) {
    const meaning = meaningOf(key);
    if (!meaning) continue;
    const name = meaning.program;
    const program = programs.get(name) ?? { name, bytes: 0, usedMillis: 0, images: [], uses: [] };
    programs.set(name, program);
    if (meaning.kind === "image") {
      program.images.push(key);
      program.bytes += Math.ceil(meaning.sizeBytes / blockBytes) * blockBytes;
    } else {
      program.uses.push(key);
      program.bytes += blockBytes;
      program.usedMillis = Math.max(program.usedMillis, meaning.timeMillis);
    }
  }
  return [...programs.values()];
}
