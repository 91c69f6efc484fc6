/**
 * Lowers the semantics of one instruction to WebAssembly: a walk over statements and expressions
 * that leaves all knowledge of the engine to its {@link LoweringTarget}.
 */
import type {
  AtomicOperator,
  Expression,
  FloatOperation,
  MemoryAccess,
  Statement,
} from "@isovm/isa-spec";
import type { FunctionBuilder, Local } from "../emit/index.ts";
import { binary64Patterns } from "../float/index.ts";
import {
  lowerBinary,
  lowerComparison,
  lowerConcat,
  lowerExtend,
  lowerExtract,
  lowerUnary,
} from "./arithmetic.ts";
import { loadInstruction, storeInstruction } from "./memory-access.ts";
import { clearUpper, pushConstant, resize, typeOf } from "./representation.ts";
import type { RuntimeLibrary } from "./runtime-library.ts";
import { planSharing, type Shared, type SharingPlan } from "./sharing.ts";
import type { LoweringTarget } from "./target.ts";

/**
 * Emits the code of `body` through `target`. Control falls out at the end where no statement
 * ended the instruction.
 *
 * @throws UnsupportedError if the IR says something that has no lowering yet.
 */
export function lowerSemantics(
  body: readonly Statement[],
  target: LoweringTarget,
  library: RuntimeLibrary,
): void {
  new Lowering(
    target,
    library,
    planSharing(body, (expression) => target.ready?.has(expression) ?? false),
  ).statements(body);
}

/** Emits code that pushes the value of an expression without temporaries. */
export function lowerExpression(
  expression: Expression,
  target: LoweringTarget,
  library: RuntimeLibrary,
): void {
  new Lowering(target, library, new Map()).push(expression);
}

function isOperation(shared: Shared): shared is FloatOperation {
  return "roundingMode" in shared;
}

class Lowering {
  private readonly code: FunctionBuilder;
  private readonly target: LoweringTarget;
  private readonly library: RuntimeLibrary;
  private readonly plan: SharingPlan;
  private readonly temporaries = new Map<number, Local>();
  private readonly computed = new Map<Expression, Local>();
  private readonly operations = new Map<FloatOperation, { value: Local; flags: Local }>();

  constructor(target: LoweringTarget, library: RuntimeLibrary, plan: SharingPlan) {
    this.code = target.code;
    this.target = target;
    this.library = library;
    this.plan = plan;
  }

  statements(list: readonly Statement[]): void {
    const shared = this.plan.get(list);
    list.forEach((statement, index) => {
      for (const item of shared?.get(index) ?? []) this.compute(item);
      this.statement(statement);
    });
    for (const item of shared?.get(list.length) ?? []) this.compute(item);
  }

  /** Pushes the value of an expression; an arrow function, for it is passed on. */
  readonly push = (expression: Expression): void => {
    const { code } = this;
    const known = this.computed.get(expression);
    if (known) return code.localGet(known);
    if (this.target.ready?.has(expression)) return this.target.ready.push(expression);
    switch (expression.kind) {
      case "constant":
        return pushConstant(code, expression.width, expression.value);
      case "field":
      case "pc":
      case "nextPc":
      case "retired":
        return this.target.leaf(expression);
      case "temporary":
      case "variable":
        return this.pushPattern(this.temporary(expression));
      case "unary":
        this.push(expression.operand);
        return lowerUnary(code, expression.operator, expression.width);
      case "binary":
        return lowerBinary(code, this.library, expression, this.push);
      case "compare": {
        const { operator, left, right } = expression;
        return lowerComparison(
          code,
          operator,
          left.width,
          () => this.push(left),
          () => this.push(right),
        );
      }
      case "extract":
        return lowerExtract(code, expression, this.push);
      case "extend":
        return lowerExtend(code, expression, this.push);
      case "concat":
        return lowerConcat(code, expression, this.push);
      case "select":
        this.push(expression.then);
        this.push(expression.else);
        this.push(expression.condition);
        return code.select();
      case "float": {
        this.compute(expression.operation);
        const results = this.operations.get(expression.operation);
        if (results) this.pushPattern(results[expression.result]);
        return;
      }
      case "free":
        return this.push(expression.choice);
    }
  };

  /** Pushes a local; what is an f64 as its pattern. */
  private pushPattern(local: Local): void {
    this.code.localGet(local);
    if (local.type === "f64") this.code.i64ReinterpretF64();
  }

  /** Pushes the value of an expression of 64 bits as an f64. */
  private pushFloat(expression: Expression): void {
    const { code } = this;
    const known = this.floatLocal(expression);
    if (known) return code.localGet(known);
    this.push(expression);
    code.f64ReinterpretI64();
  }

  /** The f64 that an expression's value is in, if it is in one. */
  private floatLocal(expression: Expression): Local | undefined {
    let local: Local | undefined;
    if (expression.kind === "temporary") local = this.temporaries.get(expression.id);
    if (expression.kind === "float" && expression.result === "value") {
      this.compute(expression.operation);
      local = this.operations.get(expression.operation)?.value;
    }
    return local?.type === "f64" ? local : undefined;
  }

  private compute(shared: Shared): void {
    const { code } = this;
    if (!isOperation(shared)) {
      if (this.computed.has(shared)) return;
      const local = code.local(typeOf(shared.width));
      this.push(shared);
      code.localSet(local);
      this.computed.set(shared, local);
      return;
    }
    if (this.operations.has(shared)) return;
    const floats = this.target.takesFloats === true ? binary64Patterns(shared) : undefined;
    for (const operand of shared.operands) {
      if (floats?.operands) this.pushFloat(operand);
      else this.push(operand);
    }
    this.push(shared.roundingMode);
    this.push(shared.accrued);
    this.target.float(shared);
    const value = code.local(floats?.result ? "f64" : typeOf(shared.resultWidth));
    const flags = code.local("i32");
    code.localSet(flags);
    code.localSet(value);
    this.operations.set(shared, { value, flags });
  }

  private temporary(
    { id, width }: { readonly id: number; readonly width: number },
    asFloat = false,
  ): Local {
    let local = this.temporaries.get(id);
    if (!local) {
      local = this.code.local(asFloat ? "f64" : typeOf(width));
      this.temporaries.set(id, local);
    }
    return local;
  }

  private statement(statement: Statement): void {
    const { code, target } = this;
    switch (statement.kind) {
      case "readRegister": {
        const { index } = statement.register;
        const asFloat = target.isFloat?.(statement.register) === true;
        target.readRegister(statement.register, index && (() => this.push(index)));
        return code.localSet(this.temporary(statement.result, asFloat));
      }
      case "writeRegister": {
        const { index } = statement.register;
        const asFloat = target.isFloat?.(statement.register) === true;
        return target.writeRegister(statement.register, index && (() => this.push(index)), () =>
          asFloat ? this.pushFloat(statement.value) : this.push(statement.value),
        );
      }
      case "load":
        target.memory.load(code, statement.access, () => this.push(statement.access.address));
        return code.localSet(this.temporary(statement.result));
      case "store":
        return target.memory.store(
          code,
          statement.access,
          () => this.push(statement.access.address),
          () => this.push(statement.value),
        );
      case "atomic":
        return this.atomic(statement);
      case "compareAndSwap":
        return this.compareAndSwap(statement);
      case "loadReserved":
        return this.loadReserved(statement);
      case "storeConditional":
        return this.storeConditional(statement);
      case "fence":
        // One host thread executes all harts, one instruction after the other: always in order.
        return;
      case "instructionFence":
        return target.instructionFence();
      case "trap":
        return target.trap(
          () => this.pushResized(statement.cause, 32),
          () => this.pushResized(statement.value, 64),
        );
      case "illegal":
        return target.illegal();
      case "effect":
        return target.effect(statement.name);
      case "jump":
        return target.jump(statement.target, this.push, statement.hint);
      case "intrinsic": {
        for (const operand of statement.operands) this.pushResized(operand, 64);
        target.intrinsic(statement.name, statement.operands.length);
        resize(code, 64, statement.result.width);
        // The host may return anything.
        clearUpper(code, statement.result.width);
        return code.localSet(this.temporary(statement.result));
      }
      case "if":
        this.push(statement.condition);
        return code.if(
          () => this.statements(statement.then),
          statement.else.length > 0 ? () => this.statements(statement.else) : undefined,
        );
      case "while":
        return code.block((done) => {
          code.loop((again) => {
            this.statements(statement.test);
            this.push(statement.condition);
            code.i32Eqz();
            code.brIf(done);
            this.statements(statement.body);
            code.br(again);
          });
        });
      case "assign":
        this.push(statement.value);
        return code.localSet(this.temporary(statement.variable));
    }
  }

  private pushResized(expression: Expression, width: 32 | 64): void {
    this.push(expression);
    resize(this.code, expression.width, width);
  }

  /** Leaves the location of a read-modify-write access in a local. */
  private locate(access: MemoryAccess): Local {
    const host = this.code.local("i32");
    this.target.memory.locate(this.code, access, () => this.push(access.address));
    this.code.localSet(host);
    return host;
  }

  private atomic(statement: Extract<Statement, { kind: "atomic" }>): void {
    const { code } = this;
    const { access, operator, value, result } = statement;
    const old = this.temporary(result);
    const host = this.locate(access);
    code.localGet(host);
    loadInstruction(code, access);
    code.localSet(old);
    code.localGet(host);
    const pushOld = (): void => code.localGet(old);
    const pushNew = (): void => this.push(value);
    atomicValue(code, operator, access.width, pushOld, pushNew);
    storeInstruction(code, access);
  }

  private compareAndSwap(statement: Extract<Statement, { kind: "compareAndSwap" }>): void {
    const { code } = this;
    const { access, expected, value, result } = statement;
    const old = this.temporary(result);
    const host = this.locate(access);
    code.localGet(host);
    loadInstruction(code, access);
    code.localSet(old);
    lowerComparison(
      code,
      "equal",
      access.width,
      () => code.localGet(old),
      () => this.push(expected),
    );
    code.if(() => {
      code.localGet(host);
      this.push(value);
      storeInstruction(code, access);
    });
  }

  private loadReserved(statement: Extract<Statement, { kind: "loadReserved" }>): void {
    const { code, target } = this;
    const { access, result } = statement;
    target.memory.load(code, access, () => this.push(access.address));
    code.localSet(this.temporary(result));
    code.i32Const(target.reservationOffset);
    this.pushResized(access.address, 64);
    code.i64Store(0);
    code.i32Const(target.reservationOffset);
    code.i32Const(1);
    code.i32Store(8);
  }

  private storeConditional(statement: Extract<Statement, { kind: "storeConditional" }>): void {
    const { code, target } = this;
    const { access, value, result } = statement;
    const success = this.temporary(result);
    // Permission is checked whether or not the store happens.
    const host = this.locate(access);
    code.i32Const(target.reservationOffset);
    code.i64Load(0);
    this.pushResized(access.address, 64);
    code.i64Eq();
    code.i32Const(target.reservationOffset);
    code.i32Load(8);
    code.i32And();
    code.localTee(success);
    code.if(() => {
      code.localGet(host);
      this.push(value);
      storeInstruction(code, access);
    });
    code.i32Const(target.reservationOffset);
    code.i32Const(0);
    code.i32Store(8);
  }
}

/** Pushes what an atomic operation stores. */
function atomicValue(
  code: FunctionBuilder,
  operator: AtomicOperator,
  width: number,
  old: () => void,
  value: () => void,
): void {
  const i32 = typeOf(width) === "i32";
  const choose = (comparison: "lessSigned" | "lessUnsigned", keepOldIfLess: boolean): void => {
    old();
    value();
    lowerComparison(
      code,
      comparison,
      width,
      keepOldIfLess ? old : value,
      keepOldIfLess ? value : old,
    );
    code.select();
  };
  switch (operator) {
    case "swap":
      return value();
    case "minSigned":
      return choose("lessSigned", true);
    case "maxSigned":
      return choose("lessSigned", false);
    case "minUnsigned":
      return choose("lessUnsigned", true);
    case "maxUnsigned":
      return choose("lessUnsigned", false);
    default: {
      old();
      value();
      if (operator === "add") {
        if (i32) code.i32Add();
        else code.i64Add();
        return clearUpper(code, width);
      }
      if (operator === "and") return i32 ? code.i32And() : code.i64And();
      if (operator === "or") return i32 ? code.i32Or() : code.i64Or();
      return i32 ? code.i32Xor() : code.i64Xor();
    }
  }
}
