/**
 * Code that is recorded once and copied into many functions: bytes, and holes between them, which
 * whoever copies fills at each place. That costs a fraction of emitting instruction by instruction.
 *
 * @module
 */
import { ByteWriter } from "./byte-writer.ts";
import type { ModuleContents } from "./contents.ts";
import { EmitError } from "./errors.ts";
import { FunctionBuilder } from "./function-builder.ts";
import type { FunctionIndex, Local, ValueType } from "./types.ts";

/** A place in a fragment that is filled where the fragment is copied to. */
export interface FragmentHole<Hole> {
  readonly hole: Hole;
  /** Constructs of the fragment that are open there. */
  readonly depth: number;
}

/** Recorded code. */
export interface Fragment<Hole> {
  readonly pieces: readonly (Uint8Array | FragmentHole<Hole>)[];
  /** Locals that it uses of each type, see {@link fragmentLocals}. */
  readonly locals: FragmentLocals;
}

/** How many locals of each type fragments use. */
export interface FragmentLocals {
  /** Pairs of an i64 and an i32. */
  readonly pairs: number;
  readonly floats: number;
}

/** Opcodes and alignments. */
const accessOpcodes = {
  i32Load: [0x28, 2],
  i64Load: [0x29, 3],
  i32Store: [0x36, 2],
  i64Store: [0x37, 3],
} as const;

/** Pairs of locals that lie before those of type f64. */
const mostPairs = 12;

/** The locals of fragments that use all of `uses`, in the order in which a function declares them. */
export function fragmentLocals(uses: Iterable<FragmentLocals>): ValueType[] {
  let pairs = 0;
  let floats = 0;
  for (const use of uses) {
    pairs = Math.max(pairs, use.pairs);
    floats = Math.max(floats, use.floats);
  }
  const types: ValueType[] = [];
  for (let pair = 0; pair < (floats > 0 ? mostPairs : pairs); pair += 1) types.push("i64", "i32");
  for (let count = 0; count < floats; count += 1) types.push("f64");
  return types;
}

/**
 * Records a fragment. It is a function builder whose locals have fixed numbers from `firstLocal` on,
 * which hold nothing at the begin and are of no use at the end.
 */
export class FragmentBuilder<Hole> extends FunctionBuilder {
  readonly #firstLocal: number;
  readonly #callHole: (callee: FunctionIndex) => Hole;
  readonly #pieces: (Uint8Array | FragmentHole<Hole>)[] = [];
  readonly #used = { i64: 0, i32: 0, f64: 0 };

  /** `callHole` makes what stands for a call: functions belong to a module, and fragments to none. */
  constructor(firstLocal: number, callHole: (callee: FunctionIndex) => Hole) {
    super(
      {
        module: noModule,
        functionName: "fragment",
        signature: { params: [], results: [] },
        parameterNames: [],
        typeIndex: () => {
          throw new EmitError("a fragment has no types of its own");
        },
      },
      new Uint8Array(256),
      undefined,
    );
    this.#firstLocal = firstLocal;
    this.#callHole = callHole;
  }

  override local(type: ValueType, name?: string): Local {
    if (type === "f32") throw new EmitError("a fragment has no locals of type f32");
    const number = this.#used[type]++;
    const at = type === "f64" ? 2 * mostPairs + number : 2 * number + (type === "i32" ? 1 : 0);
    return { index: this.#firstLocal + at, type, name };
  }

  /** Leaves a hole for the call. */
  override call(callee: FunctionIndex): void {
    this.hole(this.#callHole(callee));
  }

  /** Leaves a hole. */
  hole(hole: Hole): void {
    this.#cut();
    this.#pieces.push({ hole, depth: this.depth });
  }

  /**
   * Appends a load or store, called as its method, without the byte offset: a hole behind it stands
   * for that.
   */
  opcode(access: keyof typeof accessOpcodes): void {
    this.append(Uint8Array.of(...accessOpcodes[access]));
  }

  /** What was recorded. @throws EmitError if it takes more locals than there are. */
  fragment(): Fragment<Hole> {
    this.#cut();
    const { i64, i32, f64 } = this.#used;
    const pairs = Math.max(i64, i32);
    if (pairs > mostPairs) throw new EmitError(`a fragment takes ${pairs} pairs of locals`);
    return { pieces: this.#pieces, locals: { pairs, floats: f64 } };
  }

  #cut(): void {
    if (this.position > 0) this.#pieces.push(this.bytes.slice(0, this.position));
    this.position = 0;
  }
}

const noModule: ModuleContents = {
  name: undefined,
  types: [],
  functions: [],
  code: new ByteWriter(0),
  tables: [],
  memories: [],
  globals: [],
  exports: [],
  elements: [],
  data: [],
  start: undefined,
};
