/** Remembers what expressions and operations of a body became, so that what is shared stays so. */
import type { Expression, FloatOperation } from "@isovm/isa-spec";

/** What was rewritten, as far as no variable in it has changed. */
export class Memory {
  private readonly fixed = new Map<Expression | FloatOperation, Expression | FloatOperation>();
  /** Results in which variables occur, until one of them is assigned. */
  private readonly varying = new Map<Expression | FloatOperation, Expression | FloatOperation>();
  private readonly variables = new Set<number>();
  /** Whether a variable has occurred in what is being rewritten. */
  private varies = false;

  /** A variable occurs. */
  usesVariable(id: number): void {
    this.varies = true;
    this.variables.add(id);
  }

  /** A variable is about to change. */
  assigned(id: number): void {
    if (this.variables.has(id)) this.forgetVariables();
  }

  /** Any variable may change. */
  forgetVariables(): void {
    this.varying.clear();
    this.variables.clear();
  }

  /** What the original became, if that still holds. */
  recall<T extends Expression | FloatOperation>(original: T): T | undefined {
    const known = this.fixed.get(original);
    // An expression became an expression and an operation an operation, as `keep` has it.
    if (known) return known as T;
    if (this.variables.size === 0) return undefined;
    const varying = this.varying.get(original);
    if (varying) this.varies = true;
    return varying as T | undefined;
  }

  /** Rewrites the original and remembers the result. */
  keep<T extends Expression | FloatOperation>(original: T, rewrite: () => T): T {
    const outer = this.varies;
    this.varies = false;
    const result = rewrite();
    (this.varies ? this.varying : this.fixed).set(original, result);
    this.varies ||= outer;
    return result;
  }
}
