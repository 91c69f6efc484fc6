/**
 * Generated interpreters as bytes: an ISA's rows need not be compiled anew in every run. Whoever
 * keeps the bytes answers for it that they come back as they were, and only to the same code.
 */
import type { Isa } from "@isovm/isa-spec";
import type { ContextLayout } from "./context.ts";
import type { InterpreterProgram } from "./program.ts";

/**
 * Where generated interpreters are kept. Names tell apart what differs in ISA or memory layout; they
 * do not tell releases of isovm apart, nor ISAs that share a name and all encodings.
 */
export interface InterpreterPrograms {
  /** What was kept under a name, intact; undefined if nothing was. */
  find(name: string): Uint8Array<ArrayBuffer> | undefined;
  /** Keeps bytes under a name. */
  keep(name: string, bytes: Uint8Array): void;
  /**
   * Instantiates the module of the program of that name, for hosts that keep what their compiler has
   * made of it. Otherwise it is compiled anew in each process.
   */
  instantiate?(
    name: string,
    module: Uint8Array<ArrayBuffer>,
    imports: WebAssembly.Imports,
  ): WebAssembly.Instance;
}

/** The part of a program that is no WebAssembly, as JSON. */
type Description = Pick<InterpreterProgram, "effects" | "intrinsics" | "pieceBytes"> & {
  readonly plainHandlers: readonly number[];
  readonly handlerRows: readonly number[];
};

/** What is known of a program that was generated in an earlier run: all but its text. */
export type LoadedProgram = Omit<InterpreterProgram, "text">;

const lengthBytes = 4;

/** The name of an ISA's interpreter whose context lies there. */
export function programName(isa: Isa, context: ContextLayout): string {
  const rows = isa.instructions.map(({ mnemonic, pattern }) => `${mnemonic} ${pattern.text}`);
  const { name, addressWidth, framing, frequentPairs } = isa;
  return JSON.stringify([name, addressWidth, framing, frequentPairs, context, rows]);
}

/** A program as bytes. */
export function encodeProgram(program: LoadedProgram): Uint8Array<ArrayBuffer> {
  const { effects, intrinsics, pieceBytes, plainHandlers, handlerRows, bytes } = program;
  const description: Description = {
    effects,
    intrinsics,
    pieceBytes,
    plainHandlers: [...plainHandlers],
    handlerRows: [...handlerRows],
  };
  const head = new TextEncoder().encode(JSON.stringify(description));
  const all = new Uint8Array(lengthBytes + head.length + bytes.length);
  new DataView(all.buffer).setUint32(0, head.length, true);
  all.set(head, lengthBytes);
  all.set(bytes, lengthBytes + head.length);
  return all;
}

/** The program of {@link encodeProgram}. */
export function decodeProgram(all: Uint8Array<ArrayBuffer>): LoadedProgram {
  const length = new DataView(all.buffer, all.byteOffset).getUint32(0, true);
  const end = lengthBytes + length;
  const head = new TextDecoder().decode(all.subarray(lengthBytes, end));
  const description = JSON.parse(head) as Description;
  const { effects, intrinsics, pieceBytes, plainHandlers, handlerRows } = description;
  return {
    effects,
    intrinsics,
    pieceBytes,
    plainHandlers: Uint16Array.from(plainHandlers),
    handlerRows: Int16Array.from(handlerRows),
    bytes: all.subarray(end),
  };
}
