/**
 * Statements of the semantics IR: what an instruction reads and does, in program order.
 *
 * An instruction that traps leaves no effect: rows check first and commit then (the lint
 * `writeBeforeTrap` holds them to it).
 */
import type { Expression } from "./expression.ts";

/** A register of a file; `index` is absent for a file of one register. */
export interface RegisterReference {
  readonly file: string;
  readonly width: number;
  readonly index: Expression | undefined;
}

/** Memory ordering of an access, as acquire/release annotations of the manual give it. */
export interface Ordering {
  readonly acquire: Expression;
  readonly release: Expression;
}

/** What to do when an address is not a multiple of the access size. */
export type AlignmentPolicy =
  /** Performed as if aligned. */
  | "any"
  /** A fault with reason `misaligned`. */
  | "required";

/** Where and how an access to memory goes. */
export interface MemoryAccess {
  readonly address: Expression;
  /** Width in bits: 8, 16, 32 or 64. */
  readonly width: number;
  readonly endian: "little" | "big";
  readonly alignment: AlignmentPolicy;
  readonly ordering?: Ordering;
}

/** What an atomic read-modify-write does with the old value and its operand. */
export const atomicOperators = [
  "swap",
  "add",
  "and",
  "or",
  "xor",
  "minSigned",
  "maxSigned",
  "minUnsigned",
  "maxUnsigned",
] as const;
/** One of {@link atomicOperators}. */
export type AtomicOperator = (typeof atomicOperators)[number];

/** The result of a statement, used by later expressions as `{ kind: "temporary", id, width }`. */
export interface Temporary {
  readonly id: number;
  readonly width: number;
}

/** A step of an instruction. */
export type Statement =
  | {
      readonly kind: "readRegister";
      readonly result: Temporary;
      readonly register: RegisterReference;
    }
  | {
      readonly kind: "writeRegister";
      readonly register: RegisterReference;
      readonly value: Expression;
    }
  | { readonly kind: "load"; readonly result: Temporary; readonly access: MemoryAccess }
  | { readonly kind: "store"; readonly access: MemoryAccess; readonly value: Expression }
  /** Loads, combines with `value`, stores; the result is what was loaded. */
  | {
      readonly kind: "atomic";
      readonly result: Temporary;
      readonly operator: AtomicOperator;
      readonly access: MemoryAccess;
      readonly value: Expression;
    }
  /** Stores `value` if memory holds `expected`; the result is what was loaded. */
  | {
      readonly kind: "compareAndSwap";
      readonly result: Temporary;
      readonly access: MemoryAccess;
      readonly expected: Expression;
      readonly value: Expression;
    }
  /** Loads and makes the hart's reservation (one per hart, part of the state). */
  | { readonly kind: "loadReserved"; readonly result: Temporary; readonly access: MemoryAccess }
  /** Stores if the reservation holds, drops it either way; the 1-bit result is 1 on success. */
  | {
      readonly kind: "storeConditional";
      readonly result: Temporary;
      readonly access: MemoryAccess;
      readonly value: Expression;
    }
  /** Orders memory accesses: sets of {device input, output, memory read, write} as 4-bit masks. */
  | { readonly kind: "fence"; readonly predecessor: Expression; readonly successor: Expression }
  /** Instruction fetches that follow see the stores that precede. */
  | { readonly kind: "instructionFence" }
  /** Ends the instruction with a trap, without any other effect. */
  | { readonly kind: "trap"; readonly cause: Expression; readonly value: Expression }
  /** Ends the instruction as if no row had matched it. */
  | { readonly kind: "illegal" }
  /** Ends the instruction: execution continues at `target`. */
  | { readonly kind: "jump"; readonly target: Expression; readonly hint?: JumpHint }
  /** Stops the engine before this instruction and hands control to the host. */
  | { readonly kind: "effect"; readonly name: string }
  /**
   * A function of the host, for what is rare and intricate. It may read and write the registers
   * named, and nothing else.
   */
  | {
      readonly kind: "intrinsic";
      readonly name: string;
      readonly operands: readonly Expression[];
      readonly result: Temporary;
      readonly reads: readonly string[];
      readonly writes: readonly string[];
    }
  | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly then: readonly Statement[];
      readonly else: readonly Statement[];
    }
  /** Repeats the body while the condition holds; it is evaluated anew before each round. */
  | {
      readonly kind: "while";
      /** Statements that compute the condition. */
      readonly test: readonly Statement[];
      readonly condition: Expression;
      readonly body: readonly Statement[];
    }
  /** Gives a variable of the instruction a value; reading it yields the last one assigned. */
  | { readonly kind: "assign"; readonly variable: Temporary; readonly value: Expression };

/** What a jump is for, so that a translator can predict it. */
export type JumpHint = "call" | "return" | "coroutine";

/** What an instruction does: the IR that all engines derive from. */
export interface Semantics {
  readonly body: readonly Statement[];
}

/** Every expression that stands directly in a statement (those of nested statements excluded). */
export function expressionsOf(statement: Statement): readonly Expression[] {
  switch (statement.kind) {
    case "readRegister":
      return statement.register.index ? [statement.register.index] : [];
    case "writeRegister":
      return statement.register.index
        ? [statement.register.index, statement.value]
        : [statement.value];
    case "load":
    case "loadReserved":
      return accessExpressions(statement.access);
    case "store":
    case "atomic":
    case "storeConditional":
      return [...accessExpressions(statement.access), statement.value];
    case "compareAndSwap":
      return [...accessExpressions(statement.access), statement.expected, statement.value];
    case "fence":
      return [statement.predecessor, statement.successor];
    case "trap":
      return [statement.cause, statement.value];
    case "jump":
      return [statement.target];
    case "intrinsic":
      return statement.operands;
    case "if":
    case "while":
      return [statement.condition];
    case "assign":
      return [statement.value];
    case "instructionFence":
    case "illegal":
    case "effect":
      return [];
  }
}

function accessExpressions(access: MemoryAccess): readonly Expression[] {
  return access.ordering
    ? [access.address, access.ordering.acquire, access.ordering.release]
    : [access.address];
}
