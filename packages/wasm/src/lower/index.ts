/** The lowering of the semantics IR to WebAssembly, shared by all engines that generate code. */
export { type Push, upperBound } from "./arithmetic.ts";
export { lowerExpression, lowerSemantics } from "./lowering.ts";
export { loadInstruction, storeInstruction } from "./memory-access.ts";
export { clearUpper, pushConstant, resize, typeOf } from "./representation.ts";
export { RuntimeLibrary, type RuntimeLibraryOptions } from "./runtime-library.ts";
export { planSharing, type Shared, type SharingPlan } from "./sharing.ts";
export {
  addBank,
  pageBits,
  pushAccessedPage,
  type SoftwareTlbOptions,
  softwareTlb,
  tlbEntryBytes,
} from "./software-tlb.ts";
export type { EngineLeaf, LoweringTarget, MemoryStrategy, ReadyExpressions } from "./target.ts";
