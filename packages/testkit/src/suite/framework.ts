/** What the conformance suite needs of a test framework, and how its checks fail. */
import type { EngineFactory } from "@isovm/isa-spec";
import { IsovmError } from "@isovm/isa-spec";
import type { TestProfile } from "../profiles/profile.ts";

/** `describe` and `it` of vitest, node:test, mocha or jest. */
export interface TestFramework {
  /** Names a group of tests. */
  readonly describe: (name: string, body: () => void) => unknown;
  /** Registers a test, which fails by throwing. */
  readonly it: (name: string, body: () => void) => unknown;
}

/** An engine under test. */
export interface EngineUnderTest {
  readonly engine: EngineFactory;
  /** What the engine is compared with: the reference evaluator. */
  readonly reference: EngineFactory;
  readonly profile: TestProfile;
  /** Random programs for each property; 150 if not given. */
  readonly runs?: number;
}

/** An engine did something else than the suite demands. */
export class ConformanceError extends IsovmError<{
  readonly actual: string;
  readonly expected: string;
}> {}

/**
 * Checks that two descriptions are equal.
 *
 * @throws ConformanceError if they are not.
 */
export function check(what: string, actual: string | bigint, expected: string | bigint): void {
  if (actual === expected) return;
  const data = { actual: textOf(actual), expected: textOf(expected) };
  throw new ConformanceError(`${what}: ${data.actual}, but should be ${data.expected}`, data);
}

function textOf(value: string | bigint): string {
  return typeof value === "string" ? value : `0x${value.toString(16)}`;
}
