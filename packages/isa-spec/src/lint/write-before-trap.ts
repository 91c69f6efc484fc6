/**
 * Precise traps: a row checks first and commits then, so that an instruction that traps has had no
 * effect.
 */
import type { Instruction } from "../instruction.ts";
import type { Semantics, Statement } from "../ir/statement.ts";
import type { Report } from "./finding.ts";

/** Reports an effect before something that can still trap, unless the row declares progress. */
export function checkWriteBeforeTrap(row: Instruction, { body }: Semantics, report: Report): void {
  if (row.partialProgress) return;
  const problems = new Set<string>();
  run(body, undefined, problems);
  for (const problem of problems) report("writeBeforeTrap", problem);
}

/** What was written first, if anything was; `"ended"` behind a statement that ends all paths. */
type Written = string | undefined | "ended";

function run(statements: readonly Statement[], before: Written, problems: Set<string>): Written {
  let written = before;
  for (const statement of statements) {
    if (written === "ended") return written;
    if (written !== undefined && canTrap(statement)) {
      problems.add(`${describe(statement)} can trap after ${written}`);
    }
    if (statement.kind === "if") {
      written = merge(
        run(statement.then, written, problems),
        run(statement.else, written, problems),
      );
    } else if (statement.kind === "while") {
      // Twice, for what one round leaves to the next.
      for (let round = 0; round < 2; round += 1) {
        const tested = run(statement.test, written, problems);
        written = merge(tested, run(statement.body, tested, problems));
      }
    } else if (endsInstruction(statement)) {
      return "ended";
    } else {
      written ??= effectOf(statement);
    }
  }
  return written;
}

function merge(a: Written, b: Written): Written {
  if (a === "ended") return b;
  if (b === "ended") return a;
  return a ?? b;
}

/** Whether nothing behind the statement is executed. */
export function endsInstruction({ kind }: Statement): boolean {
  return kind === "jump" || kind === "trap" || kind === "illegal" || kind === "effect";
}

function canTrap({ kind }: Statement): boolean {
  switch (kind) {
    case "load":
    case "store":
    case "atomic":
    case "compareAndSwap":
    case "loadReserved":
    case "storeConditional":
    case "trap":
    case "illegal":
    case "effect":
      return true;
    default:
      return false;
  }
}

/** What the statement changes that the guest can see. */
function effectOf(statement: Statement): string | undefined {
  switch (statement.kind) {
    case "writeRegister":
    case "store":
    case "atomic":
    case "compareAndSwap":
    case "loadReserved":
    case "storeConditional":
      return describe(statement);
    case "intrinsic":
      return statement.writes.length > 0 ? describe(statement) : undefined;
    default:
      return undefined;
  }
}

function describe(statement: Statement): string {
  switch (statement.kind) {
    case "writeRegister":
      return `the write to ${statement.register.file}`;
    case "intrinsic":
      return `the intrinsic ${statement.name}`;
    case "effect":
      return `the effect ${statement.name}`;
    case "atomic":
      return `the atomic ${statement.operator}`;
    case "illegal":
      return "an illegal instruction";
    default:
      return `the ${statement.kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`;
  }
}
