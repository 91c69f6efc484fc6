/** The WebAssembly emitter. */
export type { NameDetail } from "./encode-module.ts";
export { EmitError, type EmitErrorData, ValidationError } from "./errors.ts";
export {
  type Fragment,
  FragmentBuilder,
  type FragmentHole,
  type FragmentLocals,
  fragmentLocals,
} from "./fragment.ts";
export type { FunctionBuilder } from "./function-builder.ts";
export { writeS32, writeS64, writeU32 } from "./leb128.ts";
export { ModuleBuilder, type ModuleOptions } from "./module-builder.ts";
export type { MethodName, Mnemonic } from "./opcodes.ts";
export type {
  BlockType,
  FunctionIndex,
  GlobalIndex,
  Label,
  LabelKind,
  Local,
  MemoryLimits,
  SegmentOffset,
  Signature,
  TableIndex,
  TableLimits,
  TypeIndex,
  ValueType,
} from "./types.ts";
