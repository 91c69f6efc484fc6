/** The handler of one row: its semantics over a predecoded record. */
import type {
  Expression,
  FloatOperation,
  Instruction,
  RegisterReference,
  StateLayout,
  Statement,
} from "@isovm/isa-spec";
import { SpecificationError } from "@isovm/isa-spec";
import {
  clearUpper,
  type EngineLeaf,
  type FunctionBuilder,
  type FunctionIndex,
  type Label,
  type Local,
  type LoweringTarget,
  lowerSemantics,
  type MemoryStrategy,
  type Push,
  type RuntimeLibrary,
  resize,
  typeOf,
} from "@isovm/wasm";
import { type ContextLayout, exitCode } from "./context.ts";
import { canRetry, mayWrite } from "./fusion.ts";
import type { PlannedRow } from "./predecoder.ts";
import type { Slot, SlotPlan } from "./record.ts";

/** What all handlers of an interpreter share. */
export interface HandlerEnvironment {
  readonly code: FunctionBuilder;
  readonly layout: StateLayout;
  readonly context: ContextLayout;
  readonly addressWidth: 32 | 64;
  readonly memory: MemoryStrategy;
  /** Goes back to {@link dispatch} for accesses that {@link memory} has a slow path for. */
  readonly retryingMemory: MemoryStrategy;
  readonly library: RuntimeLibrary;
  readonly floatFunction: (operation: FloatOperation) => FunctionIndex;
  readonly intrinsicFunction: (name: string) => FunctionIndex;
  readonly effectNumber: (name: string) => number;
  /** Bytes of records for one byte of code, as a power of two. */
  readonly shift: number;
  readonly locals: {
    /** Byte offset of the current record (i32). */
    readonly record: Local;
    /** Where to continue, for {@link lookup} (i64). */
    readonly target: Local;
    /** The exit code, for {@link leave} (i32). */
    readonly result: Local;
    /** Instructions left, this one counted as done (i32). */
    readonly budget: Local;
  };
  /** Executes the current record. */
  readonly dispatch: Label;
  /** Finds the record of `target`. */
  readonly lookup: Label;
  /** Leaves the interpreter at the current instruction. */
  readonly leave: Label;
}

/** Pushes the address of the current record's instruction as an i64. */
export function pushPc({ code, context, locals, shift }: HandlerEnvironment): void {
  code.localGet(locals.record);
  code.i32Const(shift);
  code.i32ShrU();
  code.i64ExtendI32U();
  code.i32Const(0);
  code.i64Load(context.bias);
  code.i64Add();
}

/** Counts an instruction about to be executed; leaves if the budget is spent. */
export function countInstruction(
  code: FunctionBuilder,
  { budget, result }: Pick<HandlerEnvironment["locals"], "budget" | "result">,
  leave: Label,
): void {
  code.localGet(budget);
  code.i32Eqz();
  code.if(() => {
    code.i32Const(exitCode.budget);
    code.localSet(result);
    code.br(leave);
  });
  code.localGet(budget);
  code.i32Const(1);
  code.i32Sub();
  code.localSet(budget);
}

/**
 * Emits the handler of a row. In the `local` form, jumps by a distance stay in the page of the
 * instruction and only move the record pointer.
 */
export function emitHandler(
  environment: HandlerEnvironment,
  planned: PlannedRow,
  local: boolean,
): void {
  emitBody(environment, planned, local);
  environment.code.br(environment.dispatch);
}

/** Emits the handler of two instructions, the second of which follows the first in memory. */
export function emitFused(
  environment: HandlerEnvironment,
  first: PlannedRow,
  second: PlannedRow,
): void {
  const { code, locals, dispatch, leave } = environment;
  code.scope(() => emitBody(environment, first, true));
  if (mayWrite(first)) {
    // It may have written to the second one, whose record is undecoded then.
    code.localGet(locals.record);
    code.i32Load16U(0);
    code.i32Eqz();
    code.brIf(dispatch);
  }
  countInstruction(code, locals, leave);
  // The second one's own handler has the slow paths.
  const memory = canRetry(second) ? environment.retryingMemory : environment.memory;
  emitBody({ ...environment, memory }, second, true);
  code.br(dispatch);
}

/** Emits what a row does, up to the step to the next record. */
function emitBody(
  environment: HandlerEnvironment,
  { row, plan }: PlannedRow,
  local: boolean,
): void {
  const target = new HandlerTarget(environment, row, plan, local);
  lowerSemantics(target.body, target, environment.library);
  target.step();
}

class HandlerTarget implements LoweringTarget {
  readonly code: FunctionBuilder;
  readonly memory: MemoryStrategy;
  readonly reservationOffset: number;
  readonly body: readonly Statement[];
  readonly ready: NonNullable<LoweringTarget["ready"]>;
  readonly #environment: HandlerEnvironment;
  readonly #row: Instruction;
  readonly #plan: SlotPlan;
  readonly #local: boolean;
  readonly #jumps: ReadonlyMap<Expression, Slot>;

  constructor(environment: HandlerEnvironment, row: Instruction, plan: SlotPlan, local: boolean) {
    this.code = environment.code;
    this.memory = environment.memory;
    this.reservationOffset = environment.context.state + environment.layout.reservationOffset;
    this.body = row.semantics.body;
    // Register numbers and distances that a slot stands for need not be pushed, but may be where
    // the row uses them for something else too.
    const absorbed = new Set<Expression | undefined>([
      ...[...plan.registers.keys()].map((register) => register.index),
      ...[...plan.jumps.keys()].map((jump) => (jump.kind === "jump" ? jump.target : undefined)),
    ]);
    this.ready = {
      has: (expression) =>
        plan.values.has(expression) || (absorbed.has(expression) && !plan.computed.has(expression)),
      push: (expression) => {
        const slot = plan.values.get(expression);
        if (!slot) throw missingSlot(row, expression.kind);
        this.#loadSlot(slot, expression.width);
      },
    };
    this.#environment = environment;
    this.#row = row;
    this.#plan = plan;
    this.#local = local;
    this.#jumps = new Map(
      [...plan.jumps].flatMap(([statement, slot]) =>
        statement.kind === "jump" ? [[statement.target, slot] as const] : [],
      ),
    );
  }

  leaf(expression: EngineLeaf): void {
    const { code } = this;
    const { addressWidth, context, locals } = this.#environment;
    switch (expression.kind) {
      case "field":
        throw missingSlot(this.#row, expression.name);
      case "pc":
        pushPc(this.#environment);
        return resize(code, 64, addressWidth);
      case "nextPc":
        this.#pushNextPc();
        return resize(code, 64, addressWidth);
      case "retired":
        // The budget already counts this instruction.
        code.i32Const(0);
        code.i64Load(context.retiredBase);
        code.i32Const(0);
        code.i32Load(context.startBudget);
        code.localGet(locals.budget);
        code.i32Sub();
        code.i32Const(1);
        code.i32Sub();
        code.i64ExtendI32U();
        return code.i64Add();
    }
  }

  readRegister(register: RegisterReference, index: Push | undefined): void {
    const { code } = this;
    const offset = this.#pushPlace(register, index, false);
    if (typeOf(register.width) === "i32") code.i32Load(offset);
    else code.i64Load(offset);
  }

  writeRegister(register: RegisterReference, index: Push | undefined, value: Push): void {
    const { code } = this;
    const file = this.#file(register);
    const constant = register.index?.kind === "constant" ? register.index.value : undefined;
    if (constant !== undefined && Number(constant) === file.definition.zero) return;
    const offset = this.#pushPlace(register, index, true);
    value();
    if (typeOf(register.width) === "i32") code.i32Store(offset);
    else code.i64Store(offset);
  }

  float(operation: FloatOperation): void {
    this.code.call(this.#environment.floatFunction(operation));
  }

  intrinsic(name: string): void {
    this.code.call(this.#environment.intrinsicFunction(name));
  }

  trap(cause: Push, value: Push): void {
    const { code } = this;
    const { context } = this.#environment;
    code.i32Const(0);
    cause();
    code.i32Store(context.exitCause);
    code.i32Const(0);
    value();
    code.i64Store(context.exitValue);
    this.#leave(exitCode.trap);
  }

  illegal(): void {
    this.#leave(exitCode.illegal);
  }

  effect(name: string): void {
    this.#leave(exitCode.effect + this.#environment.effectNumber(name));
  }

  jump(target: Expression, push: (expression: Expression) => void): void {
    const { code } = this;
    const { dispatch, lookup, locals, shift, addressWidth } = this.#environment;
    const slot = this.#jumps.get(target);
    if (slot && this.#local) {
      // The slot holds the distance in bytes of records.
      code.localGet(locals.record);
      code.localGet(locals.record);
      code.i32Load(slot.offset);
      code.i32Add();
      code.localSet(locals.record);
      return code.br(dispatch);
    }
    if (slot) {
      pushPc(this.#environment);
      code.localGet(locals.record);
      code.i64Load32S(slot.offset);
      code.i64Const(shift);
      code.i64ShrS();
      code.i64Add();
      if (addressWidth === 32) this.#wrapAddress();
    } else {
      push(target);
      resize(code, target.width, 64);
    }
    code.localSet(locals.target);
    code.br(lookup);
  }

  instructionFence(): void {
    // The records of what follows may have been dropped.
    const { lookup, locals } = this.#environment;
    this.#pushNextPc();
    this.code.localSet(locals.target);
    this.code.br(lookup);
  }

  /** Moves to the next record. */
  step(): void {
    const { code } = this;
    const { locals, shift } = this.#environment;
    code.localGet(locals.record);
    code.i32Const(this.#row.sizeBytes << shift);
    code.i32Add();
    code.localSet(locals.record);
  }

  #pushNextPc(): void {
    pushPc(this.#environment);
    this.code.i64Const(this.#row.sizeBytes);
    this.code.i64Add();
    if (this.#environment.addressWidth === 32) this.#wrapAddress();
  }

  #wrapAddress(): void {
    this.code.i64Const(0xffffffff);
    this.code.i64And();
  }

  #leave(result: number): void {
    const { locals, leave } = this.#environment;
    this.code.i32Const(result);
    this.code.localSet(locals.result);
    this.code.br(leave);
  }

  #file(register: RegisterReference) {
    const file = this.#environment.layout.files.get(register.file);
    if (!file) {
      throw new SpecificationError(
        `${this.#row.mnemonic} names the register file ${register.file}, which the ISA lacks`,
        { subject: this.#row.mnemonic },
      );
    }
    return file;
  }

  /** Pushes the variable part of a register's byte offset and returns the constant part. */
  #pushPlace(register: RegisterReference, index: Push | undefined, write: boolean): number {
    const { code } = this;
    const { context, locals } = this.#environment;
    const slot = this.#plan.registers.get(register);
    if (slot) {
      code.localGet(locals.record);
      code.i32Load16U(slot.offset);
      return context.state;
    }
    const { offset, strideBytes, sinkOffset, definition } = this.#file(register);
    if (!index || !register.index) {
      code.i32Const(0);
      return context.state + offset;
    }
    if (register.index.kind === "constant") {
      code.i32Const(0);
      return context.state + offset + Number(register.index.value) * strideBytes;
    }
    const place = code.local("i32");
    index();
    resize(code, register.index.width, 32);
    code.i32Const(strideBytes);
    code.i32Mul();
    code.localSet(place);
    if (write && sinkOffset !== undefined && definition.zero !== undefined) {
      code.i32Const(sinkOffset - offset);
      code.localGet(place);
      code.localGet(place);
      code.i32Const(definition.zero * strideBytes);
      code.i32Eq();
      code.select();
    } else {
      code.localGet(place);
    }
    return context.state + offset;
  }

  #loadSlot({ offset, sizeBytes, extension }: Slot, width: number): void {
    const { code } = this;
    const signed = extension === "sign";
    code.localGet(this.#environment.locals.record);
    if (typeOf(width) === "i32") {
      if (sizeBytes === 1) signed ? code.i32Load8S(offset) : code.i32Load8U(offset);
      else if (sizeBytes === 2) signed ? code.i32Load16S(offset) : code.i32Load16U(offset);
      else code.i32Load(offset);
    } else if (sizeBytes === 1) signed ? code.i64Load8S(offset) : code.i64Load8U(offset);
    else if (sizeBytes === 2) signed ? code.i64Load16S(offset) : code.i64Load16U(offset);
    else if (sizeBytes === 4) signed ? code.i64Load32S(offset) : code.i64Load32U(offset);
    else code.i64Load(offset);
    if (signed) clearUpper(code, width);
  }
}

function missingSlot(row: Instruction, what: string): SpecificationError {
  return new SpecificationError(`${row.mnemonic}: ${what} has no slot in the record`, {
    subject: row.mnemonic,
  });
}
