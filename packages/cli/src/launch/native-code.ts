/**
 * Machine code that V8's optimiser has made of a module, kept for the next process: it takes a
 * second to optimise an interpreter, and many programs are over by then.
 *
 * Node has no name for V8's functions that write and read such code, which V8 itself only offers to
 * its own tests. They end the process if they are used wrongly, so they are used with releases of
 * V8 that were tried. Code of another release, with other options or for another processor is
 * refused by V8.
 */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import type { KeptFiles } from "./kept-files.ts";

/** Those of Node 20, 22 and 24; later ones don't offer the functions. */
const triedReleases = ["11.3.", "12.4.", "13.6."];

interface Compiled {
  readonly module: WebAssembly.Module;
  /** An instance, whose exported functions tell whether they were optimised. */
  readonly instance: WebAssembly.Instance;
  readonly keptBytes: number;
}

/** The machine code of named modules. */
export class NativeCode {
  readonly #files: KeptFiles;
  readonly #isTried: boolean;
  readonly #compiled: Map<string, Compiled> = new Map();

  constructor(files: KeptFiles) {
    this.#files = files;
    this.#isTried = triedReleases.some((release) => process.versions.v8.startsWith(release));
  }

  /** An instance of a module, with machine code from earlier on if there is some. */
  instantiate(
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
    imports: WebAssembly.Imports,
  ): WebAssembly.Instance {
    const known = this.#compiled.get(name);
    if (known) return new WebAssembly.Instance(known.module, imports);
    const kept = this.#isTried ? this.#files.find(this.#fileName(name)) : undefined;
    const module = (kept && deserialise(kept, bytes)) ?? new WebAssembly.Module(bytes);
    const instance = new WebAssembly.Instance(module, imports);
    this.#compiled.set(name, { module, instance, keptBytes: kept?.length ?? 0 });
    return instance;
  }

  /** Keeps code that has become more; to be called at the end. */
  keep(): void {
    if (!this.#isTried) return;
    for (const [name, { module, instance, keptBytes }] of this.#compiled) {
      const code = serialise(module, instance);
      if (code && code.length > keptBytes) this.#files.keep(this.#fileName(name), code);
    }
  }

  #fileName(name: string): string {
    return [process.version, process.arch, ...process.execArgv, name].join(" ");
  }
}

function deserialise(
  code: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): WebAssembly.Module | undefined {
  const module = callNative("%DeserializeWasmModule(a, b)", code.slice().buffer, bytes);
  return module instanceof WebAssembly.Module ? module : undefined;
}

/** Without any optimised function V8 would end the process. */
function serialise(
  module: WebAssembly.Module,
  { exports }: WebAssembly.Instance,
): Uint8Array | undefined {
  const functions = Object.values(exports).filter((value) => typeof value === "function");
  const isOptimised = functions.some((value) => callNative("%IsTurboFanFunction(a)", value));
  const code = isOptimised ? callNative("%SerializeWasmModule(a)", module) : undefined;
  return code instanceof ArrayBuffer ? new Uint8Array(code) : undefined;
}

function callNative(call: string, a: unknown, b?: unknown): unknown {
  try {
    setFlagsFromString("--allow-natives-syntax");
    return new Function("a", "b", `return ${call}`)(a, b);
  } catch {
    return undefined;
  } finally {
    setFlagsFromString("--no-allow-natives-syntax");
  }
}
