/** What stands for a program, an ISA and a translator in keys and images: a hash of all three. */
import { FieldWriter } from "./bytes.ts";
import { sha256 } from "./hash.ts";
import type { TranslationKey } from "./translations.ts";

const encoder = new TextEncoder();

/** The identity, 32 bytes; keys that differ anywhere have identities that differ. */
export async function identityOf({ program, isa, version }: TranslationKey): Promise<Uint8Array> {
  const isNamed = typeof program === "string";
  const writer = new FieldWriter()
    .block(encoder.encode(isNamed ? "name" : "bytes"))
    .block(isNamed ? encoder.encode(program) : await sha256(program))
    .block(encoder.encode(isa))
    .block(encoder.encode(version));
  return await sha256(writer.finish());
}
