/**
 * Finds expressions that are used more than once and the statement before which each is to be
 * computed: the first one that every use comes after, in the innermost list around all of them.
 */
import {
  type Expression,
  expressionsOf,
  type FloatOperation,
  operandsOf,
  type Statement,
} from "@isovm/isa-spec";

/** What is computed once: an expression, or an operation with two results. */
export type Shared = Expression | FloatOperation;

/** By statement list and index: what to compute before that statement, operands first. */
export type SharingPlan = ReadonlyMap<readonly Statement[], ReadonlyMap<number, readonly Shared[]>>;

/** A step on the way to a nested statement. */
interface Step {
  readonly list: readonly Statement[];
  readonly index: number;
}

interface Usage {
  uses: number;
  /** The innermost place that comes before all uses so far. */
  place: readonly Step[];
}

/** The object that stands for an expression: both results of an operation are one. */
export function identityOf(expression: Expression): Shared {
  return expression.kind === "float" ? expression.operation : expression;
}

function isLeaf(expression: Expression): boolean {
  return operandsOf(expression).length === 0;
}

/** Plans what to compute where; expressions that are `ready` need no computation. */
export function planSharing(
  body: readonly Statement[],
  ready: (expression: Expression) => boolean,
): SharingPlan {
  const usages = new Map<Shared, Usage>();
  walkList(body, [], (expression, place) => noteUses(expression, place, usages, ready));
  const plan = new Map<readonly Statement[], Map<number, Shared[]>>();
  // The map holds operands before what uses them, as `noteUses` inserts them in post-order.
  for (const [shared, { uses, place }] of usages) {
    if (uses < 2 && !("operator" in shared && "roundingMode" in shared)) continue;
    const step = place[place.length - 1];
    if (!step) continue;
    let list = plan.get(step.list);
    if (!list) {
      list = new Map();
      plan.set(step.list, list);
    }
    const at = list.get(step.index);
    if (at) at.push(shared);
    else list.set(step.index, [shared]);
  }
  return plan;
}

function walkList(
  list: readonly Statement[],
  outer: readonly Step[],
  visit: (expression: Expression, place: readonly Step[]) => void,
): void {
  list.forEach((statement, index) => {
    const place = [...outer, { list, index }];
    if (statement.kind === "while") {
      // The condition and the body come after the test's statements, in their scope.
      walkList(statement.test, place, visit);
      const inner = [...place, { list: statement.test, index: statement.test.length }];
      visit(statement.condition, inner);
      walkList(statement.body, inner, visit);
      return;
    }
    for (const expression of expressionsOf(statement)) visit(expression, place);
    if (statement.kind === "if") {
      walkList(statement.then, place, visit);
      walkList(statement.else, place, visit);
    }
  });
}

function noteUses(
  root: Expression,
  place: readonly Step[],
  usages: Map<Shared, Usage>,
  ready: (expression: Expression) => boolean,
): void {
  const seen = new Set<Shared>();
  const note = (expression: Expression): void => {
    if (isLeaf(expression) || ready(expression)) return;
    const identity = identityOf(expression);
    const usage = usages.get(identity);
    if (!seen.has(identity)) {
      seen.add(identity);
      for (const operand of operandsOf(expression)) note(operand);
      if (usage) usage.place = commonPlace(usage.place, place);
    }
    const known = usages.get(identity);
    if (known) known.uses += 1;
    else usages.set(identity, { uses: 1, place });
  };
  note(root);
}

function commonPlace(a: readonly Step[], b: readonly Step[]): readonly Step[] {
  const common: Step[] = [];
  for (let depth = 0; depth < a.length && depth < b.length; depth += 1) {
    const left = a[depth];
    const right = b[depth];
    if (!left || !right || left.list !== right.list) break;
    common.push({ list: left.list, index: Math.min(left.index, right.index) });
    if (left.index !== right.index) break;
  }
  return common;
}
