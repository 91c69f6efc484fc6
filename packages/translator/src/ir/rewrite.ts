/**
 * Rewriting of bodies: leaves whose values are known become constants, expressions are folded,
 * branches not taken vanish, and so do reads and assignments that nothing uses. An expression that
 * was used twice still is one object.
 */
import type {
  Expression,
  FloatOperation,
  MemoryAccess,
  RegisterReference,
  StateLayout,
  Statement,
} from "@isovm/isa-spec";
import { constant } from "./constants.ts";
import {
  foldCompare,
  foldConcat,
  foldExtend,
  foldExtract,
  foldFloat,
  foldSelect,
  foldUnary,
} from "./fold.ts";
import { foldBinary } from "./fold-binary.ts";
import { Knowledge, type RegisterConstants } from "./knowledge.ts";
import { Memory } from "./memory.ts";
import { pruneBody } from "./prune.ts";
import { registerPlace, registerReference } from "./register-slot.ts";
import { anyTraits, type BodyTraits } from "./traits.ts";

/** What is known when a body is rewritten. */
export interface Rewriting {
  readonly layout: StateLayout;
  /** The value of a field of the instruction word. */
  readonly field?: (name: string) => bigint;
  /** The address of the instruction and of the next one. */
  readonly place?: { readonly pc: bigint; readonly nextPc: bigint };
  /** What registers are known to hold before the instruction; used up. */
  readonly registers?: RegisterConstants;
  /** What is known of the body's shape. */
  readonly traits?: BodyTraits;
}

/** A rewritten body. */
export interface Rewritten {
  readonly body: readonly Statement[];
  /** What registers hold where the instruction completes, in whatever way, if that was asked. */
  readonly registers: RegisterConstants | undefined;
}

/** The body with what is known put in. */
export function rewriteBody(body: readonly Statement[], rewriting: Rewriting): Rewritten {
  const rewriter = new Rewriter(rewriting);
  const completes = rewriter.list(body);
  return {
    body: pruneBody(rewriter.statements, rewriting.traits ?? anyTraits),
    registers: rewriting.registers && rewriter.registersAtExit(completes),
  };
}

class Rewriter {
  /** The statements made so far of the list being rewritten. */
  statements: Statement[] = [];
  private readonly rewriting: Rewriting;
  private readonly expressions: ExpressionRewriter;
  private known: Knowledge;
  private atJumps: Knowledge | undefined;

  constructor(rewriting: Rewriting) {
    this.rewriting = rewriting;
    this.known = new Knowledge(rewriting.registers);
    this.expressions = new ExpressionRewriter(rewriting, this.known);
  }

  registersAtExit(completes: boolean): RegisterConstants {
    if (!completes) return (this.atJumps ?? this.known).registers;
    if (this.atJumps) this.known.meet(this.atJumps);
    return this.known.registers;
  }

  /** Rewrites a list; false if control never reaches its end. */
  list(list: readonly Statement[]): boolean {
    for (const statement of list) {
      if (!this.statement(statement)) return false;
    }
    return true;
  }

  private nested(list: readonly Statement[]): { list: readonly Statement[]; completes: boolean } {
    const outer = this.statements;
    const inner: Statement[] = [];
    this.statements = inner;
    const completes = this.list(list);
    this.statements = outer;
    return { list: inner, completes };
  }

  private follow(known: Knowledge): void {
    this.known = known;
    this.expressions.known = known;
  }

  private value(expression: Expression): Expression {
    return this.expressions.value(expression);
  }

  private statement(statement: Statement): boolean {
    const { statements } = this;
    switch (statement.kind) {
      case "readRegister":
        this.readRegister(statement);
        return true;
      case "writeRegister":
        this.writeRegister(statement);
        return true;
      case "load":
      case "loadReserved":
        statements.push({ ...statement, access: this.access(statement.access) });
        return true;
      case "store":
      case "atomic":
      case "storeConditional": {
        const access = this.access(statement.access);
        statements.push({ ...statement, access, value: this.value(statement.value) });
        return true;
      }
      case "compareAndSwap": {
        const access = this.access(statement.access);
        const expected = this.value(statement.expected);
        statements.push({ ...statement, access, expected, value: this.value(statement.value) });
        return true;
      }
      case "fence": {
        const predecessor = this.value(statement.predecessor);
        statements.push({ ...statement, predecessor, successor: this.value(statement.successor) });
        return true;
      }
      case "instructionFence":
        statements.push(statement);
        return true;
      case "illegal":
      case "effect":
        statements.push(statement);
        return false;
      case "trap": {
        const cause = this.value(statement.cause);
        statements.push({ ...statement, cause, value: this.value(statement.value) });
        return false;
      }
      case "jump":
        statements.push({ ...statement, target: this.value(statement.target) });
        if (this.atJumps) this.atJumps.meet(this.known);
        else this.atJumps = this.known.fork();
        return false;
      case "intrinsic": {
        const operands = statement.operands.map((operand) => this.value(operand));
        for (const file of statement.writes) this.known.forgetFile(this.rewriting.layout, file);
        statements.push({ ...statement, operands });
        return true;
      }
      case "if":
        return this.choice(statement);
      case "while":
        return this.loop(statement);
      case "assign": {
        const value = this.value(statement.value);
        this.expressions.assigned(statement.variable.id);
        this.known.define(statement.variable.id, value);
        statements.push({ ...statement, value });
        return true;
      }
    }
  }

  private readRegister(statement: Extract<Statement, { kind: "readRegister" }>): void {
    const { result } = statement;
    const register = this.register(statement.register);
    const place = registerPlace(this.rewriting.layout, register.file, register.index);
    if (place === "zero") {
      this.known.define(result.id, constant(result.width, 0n));
      return;
    }
    const value = typeof place === "string" ? undefined : this.known.register(place);
    if (value !== undefined) this.known.define(result.id, constant(result.width, value));
    else this.statements.push({ kind: "readRegister", result, register });
  }

  private writeRegister(statement: Extract<Statement, { kind: "writeRegister" }>): void {
    const { layout } = this.rewriting;
    const register = this.register(statement.register);
    const place = registerPlace(layout, register.file, register.index);
    if (place === "zero") return;
    const value = this.value(statement.value);
    if (place === "unknown") this.known.forgetFile(layout, register.file);
    else this.known.write(place, value);
    this.statements.push({ kind: "writeRegister", register, value });
  }

  private register(reference: RegisterReference): RegisterReference {
    if (!reference.index) return reference;
    const index = this.value(reference.index);
    if (index === reference.index) return reference;
    const shared = registerReference(this.rewriting.layout, reference.file, index);
    if (shared) return shared;
    return { file: reference.file, width: reference.width, index };
  }

  private access(access: MemoryAccess): MemoryAccess {
    const address = this.value(access.address);
    const { ordering, width, endian, alignment } = access;
    if (!ordering) return { address, width, endian, alignment };
    const acquire = this.value(ordering.acquire);
    return { ...access, address, ordering: { acquire, release: this.value(ordering.release) } };
  }

  private choice(statement: Extract<Statement, { kind: "if" }>): boolean {
    const condition = this.value(statement.condition);
    if (condition.kind === "constant") {
      return this.list(condition.value === 1n ? statement.then : statement.else);
    }
    const otherwise = this.known.fork();
    const taken = this.nested(statement.then);
    const afterThen = this.known;
    this.follow(otherwise);
    const not = this.nested(statement.else);
    if (!not.completes) this.follow(afterThen);
    else if (taken.completes) this.known.meet(afterThen);
    this.statements.push({ kind: "if", condition, then: taken.list, else: not.list });
    return taken.completes || not.completes;
  }

  private loop(statement: Extract<Statement, { kind: "while" }>): boolean {
    // Only what no round changes holds in all of them.
    this.known.forgetChanged(this.rewriting.layout, statement.test);
    this.known.forgetChanged(this.rewriting.layout, statement.body);
    this.expressions.forgetVariables();
    const test = this.nested(statement.test);
    const condition = this.value(statement.condition);
    if (condition.kind === "constant" && condition.value === 0n) {
      this.statements.push(...test.list);
      return test.completes;
    }
    const left = this.known.fork();
    const round = this.nested(statement.body);
    this.follow(left);
    this.expressions.forgetVariables();
    this.statements.push({ kind: "while", test: test.list, condition, body: round.list });
    return test.completes;
  }
}

/** Rewrites expressions, each once unless a variable in it has changed. */
class ExpressionRewriter {
  known: Knowledge;
  private readonly rewriting: Rewriting;
  /** What has been rewritten, if anything is used twice. */
  private readonly memory: Memory | undefined;

  constructor(rewriting: Rewriting, known: Knowledge) {
    this.rewriting = rewriting;
    this.known = known;
    this.memory = (rewriting.traits ?? anyTraits).shares ? new Memory() : undefined;
  }

  /** A variable is about to change. */
  assigned(id: number): void {
    this.memory?.assigned(id);
  }

  /** Any variable may change. */
  forgetVariables(): void {
    this.memory?.forgetVariables();
  }

  value(expression: Expression): Expression {
    switch (expression.kind) {
      case "constant":
      case "retired":
        return expression;
      case "field": {
        const { field } = this.rewriting;
        return field ? constant(expression.width, field(expression.name)) : expression;
      }
      case "variable":
        this.memory?.usesVariable(expression.id);
        return this.known.value(expression.id) ?? expression;
      case "temporary":
        return this.known.value(expression.id) ?? expression;
      case "pc":
      case "nextPc": {
        const { place } = this.rewriting;
        const { width, kind } = expression;
        return place ? constant(width, BigInt.asUintN(width, place[kind])) : expression;
      }
    }
    const { memory } = this;
    if (!memory) return this.rebuilt(expression);
    return memory.recall(expression) ?? memory.keep(expression, () => this.rebuilt(expression));
  }

  private rebuilt(expression: Expression): Expression {
    switch (expression.kind) {
      case "unary":
      case "extract":
      case "extend": {
        const operand = this.value(expression.operand);
        if (operand === expression.operand) return expression;
        if (expression.kind === "unary") return foldUnary(expression.operator, operand);
        if (expression.kind === "extend") {
          return foldExtend(operand, expression.width, expression.signed);
        }
        return foldExtract(operand, expression.low, expression.width);
      }
      case "binary":
      case "compare": {
        const left = this.value(expression.left);
        const right = this.value(expression.right);
        if (left === expression.left && right === expression.right) return expression;
        if (expression.kind === "compare") return foldCompare(expression.operator, left, right);
        return foldBinary(expression.operator, left, right);
      }
      case "concat":
        return foldConcat(this.value(expression.high), this.value(expression.low));
      case "select": {
        const condition = this.value(expression.condition);
        if (condition.kind === "constant") {
          return this.value(condition.value === 1n ? expression.then : expression.else);
        }
        return foldSelect(condition, this.value(expression.then), this.value(expression.else));
      }
      case "float": {
        const operation = this.operation(expression.operation);
        return foldFloat(operation, expression.result, expression.width);
      }
      case "free":
        return this.value(expression.choice);
      default:
        return expression;
    }
  }

  /** Both results of an operation stay results of one. */
  private operation(operation: FloatOperation): FloatOperation {
    const rewritten = (): FloatOperation => ({
      ...operation,
      operands: operation.operands.map((operand) => this.value(operand)),
      roundingMode: this.value(operation.roundingMode),
      accrued: this.value(operation.accrued),
    });
    const { memory } = this;
    if (!memory) return rewritten();
    return memory.recall(operation) ?? memory.keep(operation, rewritten);
  }
}
