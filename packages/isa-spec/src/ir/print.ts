/** Semantics as text for people: what `explain` shows and failing tests print. */
import { type Expression, type FloatOperation, operandsOf } from "./expression.ts";
import {
  printExpression,
  printOperation,
  printUnnamed,
  type SharedNames,
} from "./print-expression.ts";
import {
  expressionsOf,
  type MemoryAccess,
  type RegisterReference,
  type Semantics,
  type Statement,
} from "./statement.ts";

/**
 * Semantics as text, a line for each statement, nested ones indented by two spaces.
 *
 * Registers are `file[index]`, results of statements `t0`, `t1`, …, variables `v0`, …, and
 * expressions that are used more than once have names of their own, `e0`, ….
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { printSemantics, RegisterFile, semantics, bits } from "@isovm/isa-spec";
 *
 * const x = new RegisterFile({ name: "x", count: 32, width: 64, zero: 0 });
 * const text = printSemantics(semantics("example", () => x.at(1).write(x.at(2).read().add(5))));
 * assert.equal(text, "t0 = x[2]\nx[1] = t0 + 5");
 * ```
 */
export function printSemantics(semantics: Semantics): string {
  const printer = new Printer(countUses(semantics.body));
  return printer.block(semantics.body, "").join("\n");
}

/** How often each expression and each floating-point operation is used. */
interface Uses {
  readonly expressions: ReadonlyMap<Expression, number>;
  readonly operations: ReadonlyMap<FloatOperation, number>;
}

function countUses(body: readonly Statement[]): Uses {
  const expressions = new Map<Expression, number>();
  const operations = new Map<FloatOperation, number>();
  const visit = (expression: Expression): void => {
    const uses = (expressions.get(expression) ?? 0) + 1;
    expressions.set(expression, uses);
    if (uses > 1) return;
    if (expression.kind === "float") {
      const known = operations.get(expression.operation) ?? 0;
      operations.set(expression.operation, known + 1);
      if (known > 0) return;
    }
    operandsOf(expression).forEach(visit);
  };
  const visitAll = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      expressionsOf(statement).forEach(visit);
      nestedIn(statement).forEach(visitAll);
    }
  };
  visitAll(body);
  return { expressions, operations };
}

function nestedIn(statement: Statement): readonly (readonly Statement[])[] {
  if (statement.kind === "if") return [statement.then, statement.else];
  return statement.kind === "while" ? [statement.test, statement.body] : [];
}

/** Leaves are as short as a name. */
const leaves: ReadonlySet<Expression["kind"]> = new Set([
  "constant",
  "field",
  "temporary",
  "variable",
  "pc",
  "nextPc",
  "retired",
]);

interface GrowingNames extends SharedNames {
  readonly expressions: Map<Expression, string>;
  readonly operations: Map<FloatOperation, string>;
}

class Printer {
  private readonly uses: Uses;
  private names: GrowingNames = { expressions: new Map(), operations: new Map() };
  private nextName = 0;

  constructor(uses: Uses) {
    this.uses = uses;
  }

  /** The lines of a statement list; names made inside are unknown behind it. */
  block(statements: readonly Statement[], indent: string): readonly string[] {
    const outer = this.names;
    this.names = {
      expressions: new Map(outer.expressions),
      operations: new Map(outer.operations),
    };
    const lines = statements.flatMap((statement) => this.statement(statement, indent));
    this.names = outer;
    return lines;
  }

  private statement(statement: Statement, indent: string): readonly string[] {
    // The condition of a loop is computed inside of it, as the statements before it are.
    const before =
      statement.kind === "while"
        ? []
        : expressionsOf(statement).flatMap((e) => this.name(e, indent));
    return [...before, ...this.text(statement, indent)];
  }

  /** Lines that name what is used more than once in an expression, innermost first. */
  private name(expression: Expression, indent: string): readonly string[] {
    if (leaves.has(expression.kind) || this.names.expressions.has(expression)) return [];
    const { expressions, operations } = this.names;
    const isNamedOperation = expression.kind === "float" && operations.has(expression.operation);
    const lines = isNamedOperation
      ? []
      : operandsOf(expression).flatMap((operand) => this.name(operand, indent));
    const fresh = (): string => {
      this.nextName += 1;
      return `e${this.nextName - 1}`;
    };
    if (expression.kind === "float") {
      const { operation } = expression;
      if (isNamedOperation || (this.uses.operations.get(operation) ?? 0) < 2) return lines;
      const name = fresh();
      const line = `${indent}${name} = ${printOperation(operation, this.names)}`;
      operations.set(operation, name);
      return [...lines, line];
    }
    if ((this.uses.expressions.get(expression) ?? 0) < 2) return lines;
    const name = fresh();
    const line = `${indent}${name} = ${printUnnamed(expression, this.names)}`;
    expressions.set(expression, name);
    return [...lines, line];
  }

  private text(statement: Statement, indent: string): readonly string[] {
    const one = (text: string): readonly string[] => [indent + text];
    const show = (expression: Expression): string => printExpression(expression, this.names);
    const register = (reference: RegisterReference): string =>
      reference.index === undefined
        ? reference.file
        : `${reference.file}[${show(reference.index)}]`;
    const access = (name: string, at: MemoryAccess, ...values: readonly Expression[]): string =>
      `${name}${accessSuffix(at)}(${[at.address, ...values].map(show).join(", ")})${this.ordering(at)}`;
    switch (statement.kind) {
      case "readRegister":
        return one(`t${statement.result.id} = ${register(statement.register)}`);
      case "writeRegister":
        return one(`${register(statement.register)} = ${show(statement.value)}`);
      case "load":
      case "loadReserved":
        return one(`t${statement.result.id} = ${access(statement.kind, statement.access)}`);
      case "store":
        return one(access("store", statement.access, statement.value));
      case "atomic": {
        const { access: at, operator, value, result } = statement;
        return one(`t${result.id} = ${access(`atomic.${operator}`, at, value)}`);
      }
      case "compareAndSwap": {
        const { access: at, expected, value, result } = statement;
        return one(`t${result.id} = ${access("compareAndSwap", at, expected, value)}`);
      }
      case "storeConditional": {
        const { access: at, value, result } = statement;
        return one(`t${result.id} = ${access("storeConditional", at, value)}`);
      }
      case "fence":
        return one(`fence(${show(statement.predecessor)}, ${show(statement.successor)})`);
      case "instructionFence":
      case "illegal":
        return one(statement.kind);
      case "trap":
        return one(`trap(${show(statement.cause)}, ${show(statement.value)})`);
      case "jump":
        return one(`jump ${show(statement.target)}${statement.hint ? ` (${statement.hint})` : ""}`);
      case "effect":
        return one(`effect ${statement.name}`);
      case "intrinsic": {
        const { result, name, operands } = statement;
        return one(`t${result.id} = ${name}(${operands.map(show).join(", ")})`);
      }
      case "if":
        return [
          `${indent}if ${show(statement.condition)} {`,
          ...this.block(statement.then, `${indent}  `),
          ...(statement.else.length === 0
            ? []
            : [`${indent}} else {`, ...this.block(statement.else, `${indent}  `)]),
          `${indent}}`,
        ];
      case "while": {
        const inner = `${indent}  `;
        return [
          `${indent}loop {`,
          ...this.block(statement.test, inner),
          `${inner}leave unless ${show(statement.condition)}`,
          ...this.block(statement.body, inner),
          `${indent}}`,
        ];
      }
      case "assign":
        return one(`v${statement.variable.id} = ${show(statement.value)}`);
    }
  }

  private ordering({ ordering }: MemoryAccess): string {
    if (!ordering) return "";
    const { acquire, release } = ordering;
    return ` acquire: ${printExpression(acquire, this.names)}, release: ${printExpression(release, this.names)}`;
  }
}

function accessSuffix({ width, endian, alignment }: MemoryAccess): string {
  return `${width}${endian === "big" ? ".big" : ""}${alignment === "required" ? ".aligned" : ""}`;
}
