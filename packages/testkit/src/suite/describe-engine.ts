/** The conformance suite that every engine passes with every ISA. */
import { describeFaults } from "./faults.ts";
import type { EngineUnderTest, TestFramework } from "./framework.ts";
import { describeReservations } from "./reservations.ts";
import { describeChangingCode } from "./self-modifying.ts";
import { describeStops } from "./stops.ts";

/**
 * Registers the conformance suite for one engine with one ISA: random programs against the
 * reference, budgets, breakpoints, faults of every access, code that changes, reservations.
 *
 * The test framework is passed in, so that any one with `describe` and `it` will do. How many
 * random programs are tried is multiplied by the environment variable `ISOVM_FUZZ`.
 *
 * @example
 * ```ts no-run
 * import { interpreter, reference } from "@isovm/interpreter";
 * import { rv64 } from "@isovm/riscv";
 * import { describeEngine, riscvProfile } from "@isovm/testkit";
 * import { describe, it } from "vitest";
 *
 * describeEngine({ describe, it }, "interpreter, RV64", {
 *   engine: interpreter,
 *   reference,
 *   profile: riscvProfile(rv64()),
 * });
 * ```
 */
export function describeEngine(
  framework: TestFramework,
  name: string,
  tested: EngineUnderTest,
): void {
  framework.describe(name, () => {
    describeStops(framework, tested);
    describeFaults(framework, tested);
    describeChangingCode(framework, tested);
    describeReservations(framework, tested);
  });
}
