/** `--dump-regions DIR`: what becomes of translated regions, in files for people. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Decoder, Disassembler } from "@isovm/decoder";
import type { Isa } from "@isovm/isa-spec";
import type { TranslatedRegion } from "@isovm/translator";
import { UsageError } from "../errors.ts";
import { type AssemblyReader, assemblyText, semanticsText } from "../text/region-text.ts";

/** The names of a dump's files: number and address of the region, and what of it is in the file. */
const fileName = /^\d{4,}-[0-9a-f]+\.(s|ir|optimised\.ir|wat)$/;

/** Writes the files of regions, in the order in which they are translated. */
export class RegionDump {
  readonly #directory: string;
  readonly #reader: AssemblyReader;
  #count = 0;

  /**
   * Makes the directory, and takes away what an earlier dump has left there.
   *
   * @throws UsageError if it can't be written to.
   */
  constructor(directory: string, isa: Isa) {
    this.#directory = directory;
    this.#reader = {
      decoder: new Decoder(isa),
      disassembler: new Disassembler(isa, { aliases: true }),
    };
    this.#try(() => {
      mkdirSync(directory, { recursive: true });
      for (const name of readdirSync(directory)) {
        if (fileName.test(name)) rmSync(join(directory, name));
      }
      // Nothing else tells for sure, and nobody likes to learn it at the end of a run.
      const probe = join(directory, ".isovm");
      writeFileSync(probe, "");
      rmSync(probe);
    });
  }

  /** Writes the files of a region. @throws UsageError */
  add(region: TranslatedRegion): void {
    this.#count += 1;
    const number = String(this.#count).padStart(4, "0");
    const base = join(this.#directory, `${number}-${region.entry.toString(16)}`);
    const reader = this.#reader;
    this.#try(() => {
      writeFileSync(`${base}.s`, assemblyText(region, reader));
      writeFileSync(`${base}.ir`, semanticsText(region, "specialised", reader));
      writeFileSync(`${base}.optimised.ir`, semanticsText(region, "optimised", reader));
      writeFileSync(`${base}.wat`, region.wasmText());
    });
  }

  #try(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      throw new UsageError(`--dump-regions ${this.#directory}: ${error.message}`);
    }
  }
}
