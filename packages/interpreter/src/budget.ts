/** Budgets that an engine takes. */
import { IsovmError } from "@isovm/isa-spec";

/** A budget that an engine can't take. */
export class BudgetError extends IsovmError<{ budget: number }> {}

const largestBudget = 2 ** 31 - 1;

/** @throws BudgetError if `budget` is no number of instructions from 1 to 2^31-1. */
export function checkBudget(budget: number): void {
  if (Number.isInteger(budget) && budget >= 1 && budget <= largestBudget) return;
  throw new BudgetError(`a budget is 1 to ${largestBudget} instructions, not ${budget}`, {
    budget,
  });
}
