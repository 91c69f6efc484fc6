export type { DebianSource } from "./apt.ts";
export { type DebianRootOptions, debianPackage, debianRoot, hasDebian } from "./debian.ts";
export { DebianFetchError, DebianUnavailableError } from "./errors.ts";
