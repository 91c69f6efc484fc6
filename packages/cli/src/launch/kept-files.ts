/**
 * What the command keeps beside its own code, so that it starts faster: files that can be made again
 * at any time. They fit one build of the command; others are as good as not there.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";

const hashBytes = 32;
/** More than there are commands and ISAs. */
const mostFiles = 64;

/** Named bytes in a directory. Whatever is wrong with it, nothing is found and nothing kept. */
export class KeptFiles {
  readonly #directory: string;
  readonly #identity: Uint8Array;

  /** Files that were kept with another identity aren't found. */
  constructor(directory: string, identity: Uint8Array) {
    this.#directory = directory;
    this.#identity = identity;
  }

  /** What was kept under a name, exactly; undefined if nothing was. */
  find(name: string): Uint8Array<ArrayBuffer> | undefined {
    try {
      // Not one of Node's shared buffers, so that it can be a part of others' interfaces.
      const file = new Uint8Array(readFileSync(this.#path(name)));
      const bytes = file.subarray(hashBytes);
      return this.#hash(name, bytes).equals(file.subarray(0, hashBytes)) ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps bytes: a reader sees all of them or none. */
  keep(name: string, bytes: Uint8Array): void {
    try {
      mkdirSync(this.#directory, { recursive: true });
      const path = this.#path(name);
      if (readdirSync(this.#directory).length >= mostFiles && !existsSync(path)) return;
      const draft = `${path}.${process.pid}`;
      writeFileSync(draft, Buffer.concat([this.#hash(name, bytes), bytes]));
      renameSync(draft, path);
    } catch {
      // Where the command is installed for all users, only its owner can keep something there.
    }
  }

  #path(name: string): string {
    return join(this.#directory, createHash("sha256").update(name).digest("hex").slice(0, 32));
  }

  #hash(name: string, bytes: Uint8Array): Buffer {
    const hash = createHash("sha256").update(this.#identity);
    return hash.update(`${name.length}:${name}`).update(bytes).digest();
  }
}
