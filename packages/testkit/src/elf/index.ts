/**
 * Executables from assembled programs.
 *
 * @packageDocumentation
 */
export { type ElfOptions, ElfWriterError, toElf } from "./elf-writer.ts";
