/**
 * The `isovm` command as a function, for programs that run it in their own process.
 *
 * @packageDocumentation
 */
export { exitCodes } from "./exit-codes.ts";
export type { CommandInput, CommandIo } from "./io/command-io.ts";
export { nodeIo } from "./io/node-io.ts";
export { main } from "./program.ts";
