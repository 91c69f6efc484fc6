/** What a storage holds of a program. */
import { decodeImage, type ImageContents } from "./image.ts";
import type { KeptModule } from "./kept-module.ts";
import type { KeptProfile } from "./kept-profile.ts";
import { type KeyMeaning, meaningOf, programKey } from "./keys.ts";
import type { ProgramPlace } from "./program-place.ts";

/** Modules, and the keys that they come from. */
export interface ProgramContents {
  /** Earlier ones first. */
  readonly modules: readonly KeptModule[];
  /** The latest. */
  readonly profile: KeptProfile | undefined;
  /** The largest of the images. */
  readonly sequence: number;
  readonly readBytes: number;
  /** Images that were read and are intact. */
  readonly images: readonly string[];
  /** Images that are of no use: not intact, or beyond the limit. */
  readonly rubbish: readonly string[];
  /** What says when the program was used. */
  readonly uses: readonly string[];
  /** The last use, in milliseconds of Unix; minus infinity if there is none. */
  readonly usedMillis: number;
}

/** Reads it. */
export async function readProgram(place: ProgramPlace): Promise<ProgramContents> {
  const { storage, program, limitBytes } = place;
  const keys = await storage.keys(programKey(program));
  const { images, uses, beyond } = sorted(keys, program, limitBytes);
  const readings = await Promise.all(images.map((key) => readImage(place, key)));
  const isKind = (kind: StoredImage["kind"]) => (_: string, index: number) =>
    readings[index]?.kind === kind;
  const inOrder = readings.toSorted((one, other) => one.sequence - other.sequence);
  return {
    modules: inOrder.flatMap(({ modules }) => modules),
    profile: inOrder.findLast(({ profile }) => profile)?.profile,
    sequence: readings.reduce((largest, { sequence }) => Math.max(largest, sequence), 0),
    readBytes: readings.reduce((sum, { readBytes }) => sum + readBytes, 0),
    images: images.filter(isKind("intact")),
    rubbish: [...images.filter(isKind("rejected")), ...beyond],
    uses: uses.map(({ key }) => key),
    usedMillis: uses.reduce(
      (latest, { timeMillis }) => Math.max(latest, timeMillis),
      Number.NEGATIVE_INFINITY,
    ),
  };
}

interface StoredImage extends ImageContents {
  readonly kind: "intact" | "rejected" | "gone";
  readonly readBytes: number;
}

async function readImage(place: ProgramPlace, key: string): Promise<StoredImage> {
  const { storage, identity, observe } = place;
  const bytes = await storage.read(key);
  const nothing = { sequence: 0, modules: [], readBytes: bytes?.length ?? 0 };
  // Another process may have merged it into its own meanwhile.
  if (!bytes) return { kind: "gone", ...nothing };
  const reading = await storage.attempt("hash", () => decodeImage(bytes, identity));
  if (reading?.kind === "intact") return { ...reading, readBytes: bytes.length };
  if (reading) observe({ kind: "rejected", key, reason: reading.reason });
  return { kind: reading ? "rejected" : "gone", ...nothing };
}

type Use = Extract<KeyMeaning, { kind: "use" }> & { readonly key: string };

/** The keys of a program by what they are, images as far as the limit allows. */
function sorted(
  keys: readonly string[],
  program: string,
  limitBytes: number,
): { images: string[]; uses: Use[]; beyond: string[] } {
  const images: string[] = [];
  const uses: Use[] = [];
  const beyond: string[] = [];
  let bytes = 0;
  for (const key of keys) {
    const meaning = meaningOf(key);
    if (meaning?.program !== program) continue;
    if (meaning.kind === "use") {
      uses.push({ ...meaning, key });
    } else if (bytes + meaning.sizeBytes <= limitBytes) {
      bytes += meaning.sizeBytes;
      images.push(key);
    } else {
      beyond.push(key);
    }
  }
  return { images, uses, beyond };
}
