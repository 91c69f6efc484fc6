export type { DebianSource, StepListener } from "./apt.ts";
export {
  type DebianOptions,
  type DebianPackages,
  type DebianRootOptions,
  debianPackage,
  debianPackages,
  debianRoot,
  hasDebian,
} from "./debian.ts";
export { DebianFetchError, DebianUnavailableError } from "./errors.ts";
