/** The IR of a row names only what exists, uses nothing before it is computed, and fits in width. */
import type { Instruction } from "../instruction.ts";
import type { Expression } from "../ir/expression.ts";
import {
  expressionsOf,
  type MemoryAccess,
  type RegisterReference,
  type Semantics,
  type Statement,
  type Temporary,
} from "../ir/statement.ts";
import type { Isa } from "../isa.ts";
import { widthProblem } from "./expression-widths.ts";
import type { Report } from "./finding.ts";
import { visitExpressions } from "./walk.ts";
import { endsInstruction } from "./write-before-trap.ts";

/** Reports IR that no engine could execute as it is meant. */
export function checkWellFormed(
  isa: Isa,
  row: Instruction,
  { body }: Semantics,
  report: Report,
): void {
  new Checker(isa, row, report).list(body, new Map());
}

/** Widths of the temporaries and variables that have a value at some point. */
type Known = Map<number, number>;

class Checker {
  private readonly isa: Isa;
  private readonly row: Instruction;
  private readonly report: Report;

  constructor(isa: Isa, row: Instruction, report: Report) {
    this.isa = isa;
    this.row = row;
    this.report = report;
  }

  /** Checks statements in order; `known` grows by what they compute. True if all paths end. */
  list(statements: readonly Statement[], known: Known): boolean {
    let ended = false;
    for (const statement of statements) {
      if (ended) {
        this.report("unreachable", `a ${statement.kind} is never executed`);
        return true;
      }
      ended = this.statement(statement, known);
    }
    return ended;
  }

  private statement(statement: Statement, known: Known): boolean {
    if (statement.kind === "while") {
      this.list(statement.test, known);
      this.expressions(statement, known);
      this.width("a condition", statement.condition, 1);
      this.list(statement.body, new Map(known));
      return false;
    }
    this.expressions(statement, known);
    switch (statement.kind) {
      case "if": {
        this.width("a condition", statement.condition, 1);
        return this.branches(statement.then, statement.else, known);
      }
      case "readRegister":
        this.register(statement.register);
        this.define(statement.result, statement.register.width, known);
        break;
      case "writeRegister":
        this.register(statement.register);
        this.width("a register's value", statement.value, statement.register.width);
        break;
      case "load":
      case "loadReserved":
        this.access(statement.access);
        this.define(statement.result, statement.access.width, known);
        break;
      case "store":
        this.access(statement.access, statement.value);
        break;
      case "atomic":
        this.access(statement.access, statement.value);
        this.define(statement.result, statement.access.width, known);
        break;
      case "compareAndSwap":
        this.access(statement.access, statement.value, statement.expected);
        this.define(statement.result, statement.access.width, known);
        break;
      case "storeConditional":
        this.access(statement.access, statement.value);
        this.define(statement.result, 1, known);
        break;
      case "jump":
        this.width("a jump's target", statement.target, this.isa.addressWidth);
        break;
      case "intrinsic":
        this.define(statement.result, statement.result.width, known);
        for (const file of [...statement.reads, ...statement.writes]) this.file(file);
        break;
      case "assign":
        known.set(statement.variable.id, statement.variable.width);
        this.width("a variable's value", statement.value, statement.variable.width);
        break;
      case "fence":
      case "instructionFence":
      case "trap":
      case "illegal":
      case "effect":
        break;
    }
    return endsInstruction(statement);
  }

  /** What both arms compute is known behind them; an arm that ends doesn't count. */
  private branches(then: readonly Statement[], other: readonly Statement[], known: Known): boolean {
    const left = new Map(known);
    const right = new Map(known);
    const leftEnds = this.list(then, left);
    const rightEnds = this.list(other, right);
    for (const [id, width] of left) {
      if (leftEnds ? false : rightEnds || right.has(id)) known.set(id, width);
    }
    if (leftEnds && !rightEnds) for (const [id, width] of right) known.set(id, width);
    return leftEnds && rightEnds;
  }

  private define(result: Temporary, width: number, known: Known): void {
    if (result.width !== width)
      this.wrong(`a result of ${width} bits is taken for ${result.width}`);
    known.set(result.id, result.width);
  }

  private register({ file, width, index }: RegisterReference): void {
    const definition = this.file(file);
    if (!definition) return;
    if (definition.width !== width) {
      this.wrong(`${file} has ${definition.width} bits, not ${width}`);
    }
    if (!index && definition.count > 1) this.wrong(`${file} has more than one register`);
    if (index?.kind === "constant" && index.value >= definition.count) {
      this.wrong(`${file} has no register ${index.value}`);
    }
  }

  private file(name: string): Isa["registers"][number] | undefined {
    const definition = this.isa.registers.find((file) => file.name === name);
    if (!definition) this.wrong(`the ISA has no registers ${name}`);
    return definition;
  }

  private access(access: MemoryAccess, ...values: readonly Expression[]): void {
    this.width("an address", access.address, this.isa.addressWidth);
    for (const value of values) this.width("a stored value", value, access.width);
    if (access.ordering) {
      this.width("an ordering", access.ordering.acquire, 1);
      this.width("an ordering", access.ordering.release, 1);
    }
  }

  private expressions(statement: Statement, known: Known): void {
    visitExpressions(expressionsOf(statement), (expression) => {
      const problem = widthProblem(expression);
      if (problem) this.wrong(problem);
      if (expression.kind === "field") {
        const operand = this.row.operands[expression.name];
        if (operand?.width !== expression.width) {
          this.wrong(`the row has no field ${expression.name} of ${expression.width} bits`);
        }
      } else if (expression.kind === "temporary" || expression.kind === "variable") {
        if (known.get(expression.id) !== expression.width) {
          this.wrong(`a ${expression.kind} is used before it has a value`);
        }
      } else if (expression.kind === "pc" || expression.kind === "nextPc") {
        this.width("the program counter", expression, this.isa.addressWidth);
      }
    });
  }

  private width(what: string, { width }: Expression, needed: number): void {
    if (width !== needed) this.wrong(`${what} has ${width} bits, not ${needed}`);
  }

  private wrong(message: string): void {
    this.report("illFormed", message);
  }
}
