/** Removes reads of registers and assignments whose results nothing uses. */
import { type Expression, expressionsOf, operandsOf, type Statement } from "@isovm/isa-spec";
import type { BodyTraits } from "./traits.ts";

/** The body without statements that only make an unused value. */
export function pruneBody(
  body: readonly Statement[],
  { shares }: BodyTraits,
): readonly Statement[] {
  return pruneList(body, new Uses(shares));
}

/** The temporaries and variables that are used behind a point; lists are walked backwards. */
class Uses {
  private readonly ids: boolean[] = [];
  private readonly seen: Set<Expression> | undefined;

  /** `shares` tells whether expressions may be met twice. */
  constructor(shares: boolean) {
    this.seen = shares ? new Set() : undefined;
  }

  has(id: number): boolean {
    return this.ids[id] === true;
  }

  add(expression: Expression): void {
    switch (expression.kind) {
      case "constant":
      case "field":
      case "pc":
      case "nextPc":
      case "retired":
        return;
      case "temporary":
      case "variable":
        this.ids[expression.id] = true;
        return;
    }
    if (this.seen) {
      if (this.seen.has(expression)) return;
      this.seen.add(expression);
    }
    switch (expression.kind) {
      case "unary":
      case "extract":
      case "extend":
        return this.add(expression.operand);
      case "binary":
      case "compare":
        this.add(expression.left);
        return this.add(expression.right);
      default:
        for (const operand of operandsOf(expression)) this.add(operand);
    }
  }

  addAll(list: readonly Statement[]): void {
    for (const statement of list) {
      this.addStatement(statement);
      if (statement.kind === "if") {
        this.addAll(statement.then);
        this.addAll(statement.else);
      }
      if (statement.kind === "while") {
        this.addAll(statement.test);
        this.addAll(statement.body);
      }
    }
  }

  addStatement(statement: Statement): void {
    switch (statement.kind) {
      case "writeRegister":
        this.add(statement.value);
        if (statement.register.index) this.add(statement.register.index);
        return;
      case "jump":
        return this.add(statement.target);
      case "readRegister":
        if (statement.register.index) this.add(statement.register.index);
        return;
      default:
        for (const expression of expressionsOf(statement)) this.add(expression);
    }
  }
}

function pruneList(list: readonly Statement[], uses: Uses): readonly Statement[] {
  let kept: Statement[] | undefined;
  for (let index = list.length - 1; index >= 0; index -= 1) {
    const statement = list[index];
    if (!statement) continue;
    const pruned = pruneStatement(statement, uses);
    if (pruned !== statement && !kept) kept = list.slice(index + 1).reverse();
    if (pruned) kept?.push(pruned);
  }
  return kept ? kept.reverse() : list;
}

function pruneStatement(statement: Statement, uses: Uses): Statement | undefined {
  switch (statement.kind) {
    case "readRegister":
      if (!uses.has(statement.result.id)) return undefined;
      break;
    case "assign":
      if (!uses.has(statement.variable.id)) return undefined;
      break;
    case "while":
      // A later round uses what an earlier one assigns.
      uses.addAll([statement]);
      return statement;
    case "if": {
      const otherwise = pruneList(statement.else, uses);
      const then = pruneList(statement.then, uses);
      if (then.length === 0 && otherwise.length === 0) return undefined;
      uses.add(statement.condition);
      if (then === statement.then && otherwise === statement.else) return statement;
      return { ...statement, then, else: otherwise };
    }
    default:
  }
  uses.addStatement(statement);
  return statement;
}
