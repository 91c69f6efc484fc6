/**
 * Property testing of ISAs: arbitraries derived from rows, and engines compared with each other.
 *
 * @packageDocumentation
 */
export { floatPatterns } from "./arbitraries/float-patterns.ts";
export { instructionWords, nearMisses } from "./arbitraries/instructions.ts";
export { integers } from "./arbitraries/integers.ts";
export { type OperandRules, operands, operandValue } from "./arbitraries/operands.ts";
export { type ProgramRules, programItems } from "./arbitraries/program-items.ts";
export { programs } from "./arbitraries/programs.ts";
export { type RegisterValues, sandboxAddresses, states } from "./arbitraries/states.ts";
export { Bench, BenchError, exitText } from "./differential/bench.ts";
export { compareEngines, type Divergence, type RunOptions } from "./differential/compare.ts";
export { execute } from "./differential/execute.ts";
export { assertSame } from "./differential/property.ts";
export {
  DivergenceError,
  divergenceClass,
  divergenceError,
  testText,
} from "./differential/report.ts";
export type { LoopCode, TestProfile } from "./profiles/profile.ts";
export { riscvProfile } from "./profiles/riscv.ts";
export { encodeNamed, MissingRowError, rowNamed } from "./profiles/rows.ts";
export { bytesOf, type EncodedInstruction, encodeRow, type Fields } from "./program/encoded.ts";
export { type Mapping, rights, sandbox } from "./program/layout.ts";
export type { PlacedInstruction, ProgramItem } from "./program/program.ts";
export { layOut } from "./program/program.ts";
export {
  type AccessShape,
  type AccessStatement,
  type FixedRegister,
  type JumpShape,
  type RowShape,
  shapeOf,
} from "./program/row-shape.ts";
export { assemblyLines, type PreparedCase, prepare, type TestCase } from "./program/test-case.ts";
export { Coverage } from "./row-coverage/coverage.ts";
export {
  type NamedValues,
  SemanticsError,
  type SemanticsTest,
  type SemanticsTester,
  semanticsTester,
} from "./semantics/semantics.ts";
export { describeEngine } from "./suite/describe-engine.ts";
export {
  ConformanceError,
  type EngineUnderTest,
  type TestFramework,
} from "./suite/framework.ts";
