/** What an engine gives the lowering: where values are kept, and where control goes. */
import type {
  Expression,
  FloatOperation,
  JumpHint,
  MemoryAccess,
  RegisterReference,
} from "@isovm/isa-spec";
import type { FunctionBuilder } from "../emit/index.ts";
import type { Push } from "./arithmetic.ts";

/** Expressions whose value the engine knows. */
export type EngineLeaf = Extract<Expression, { kind: "field" | "pc" | "nextPc" | "retired" }>;

/**
 * How guest memory is reached. Addresses are pushed as an i32 or i64 by their width; a failing
 * access leaves the instruction by itself, as the engine arranged.
 */
export interface MemoryStrategy {
  /** Pushes the value at the address. */
  load(code: FunctionBuilder, access: MemoryAccess, address: Push): void;
  /** Stores the value. */
  store(code: FunctionBuilder, access: MemoryAccess, address: Push, value: Push): void;
  /**
   * Pushes the byte offset in linear memory (i32) of an aligned location that may be read and
   * written, for read-modify-write accesses.
   */
  locate(code: FunctionBuilder, access: MemoryAccess, address: Push): void;
}

/** Expressions whose values need no computation when the instruction is executed. */
export interface ReadyExpressions {
  /** Whether this very expression, by identity, is among them. */
  has(expression: Expression): boolean;
  /** Pushes its value: an i32 up to 32 bits, else an i64. */
  push(expression: Expression): void;
}

/**
 * An engine's side of a lowering. Values on the stack are i32 up to 32 bits and i64 up to 64, with
 * zeros above their width.
 */
export interface LoweringTarget {
  readonly code: FunctionBuilder;
  readonly memory: MemoryStrategy;
  /** Byte offset in linear memory of the hart's reservation: address (8), valid (4). */
  readonly reservationOffset: number;
  /** Pushes the value of a field of the instruction, of an address, or of the retired count. */
  leaf(expression: EngineLeaf): void;
  /** Expressions that the engine has ready, such as values computed when decoding. */
  readonly ready?: ReadyExpressions;
  /** Pushes a register's value. `index` pushes its number in the file (i32 up to 32 bits). */
  readRegister(register: RegisterReference, index: Push | undefined): void;
  /** Sets a register to what `value` pushes. `index` is as for {@link LoweringTarget.readRegister}. */
  writeRegister(register: RegisterReference, index: Push | undefined, value: Push): void;
  /**
   * Whether a register of 64 bits is pushed and set as an f64: for those that hold floating-point
   * numbers mostly. Without this method none is.
   */
  isFloat?(register: RegisterReference): boolean;
  /** Takes operands, mode and accrued flags from the stack, pushes value and flags. */
  float(operation: FloatOperation): void;
  /**
   * Whether {@link LoweringTarget.float} takes and pushes patterns of binary64 as f64, where
   * `binary64Patterns` says so.
   */
  readonly takesFloats?: boolean;
  /** Takes i64 operands from the stack, pushes the i64 result. */
  intrinsic(name: string, operandCount: number): void;
  /** Ends the instruction. `cause` pushes an i32, `value` an i64. */
  trap(cause: Push, value: Push): void;
  /** Ends the instruction: it does not exist after all. */
  illegal(): void;
  /** Ends the instruction with an effect that the host performs, such as a system call. */
  effect(name: string): void;
  /**
   * Ends the instruction; the next one is at the guest address `target`, whose value `push` pushes
   * as an i32 or i64 by its width.
   */
  jump(target: Expression, push: (expression: Expression) => void, hint?: JumpHint): void;
  /** Later fetches see earlier stores. */
  instructionFence(): void;
}
