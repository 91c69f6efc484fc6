/**
 * Starts the command. Its code is one script, compiled before: V8 takes a third of the time of a
 * short run to compile it. What V8 has compiled is kept beside the script, by command and by release
 * of Node, as Python keeps its bytecode; a script or a Node that differs isn't given it.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { Script } from "node:vm";
import type { CommandModule } from "./command.ts";
import { yieldHelpers } from "./helper-threads.ts";
import { KeptFiles } from "./kept-files.ts";

/** Commands whose code is kept; what they don't need isn't compiled. */
const commands: readonly string[] = ["run", "boot", "image", "asm", "disasm", "explain", "fuzz"];

/** Runs the command of a directory with `command.cjs`, and ends the process. */
export function launch(directory: string): void {
  yieldHelpers();
  const filename = join(directory, "command.cjs");
  const source = readFileSync(filename);
  const identity = createHash("sha256").update(source).digest();
  const code = new KeptFiles(join(directory, "code"), identity);
  const name = [process.version, process.arch, ...process.execArgv, commandName()].join(" ");
  const cachedData = code.find(name);
  // The bundler escapes what isn't ASCII.
  const script = new Script(
    `(function (exports, require, module) {${source.toString("latin1")}\n})`,
    { filename, ...(cachedData && { cachedData }) },
  );
  const module: { exports: Partial<CommandModule> } = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(filename), module);
  const { command } = module.exports;
  if (!command) throw new Error(`${filename} is no command`);
  void command(process.argv.slice(2), { directory, identity }).then((exitCode) => {
    if (!cachedData || script.cachedDataRejected) code.keep(name, script.createCachedData());
    // All output is synchronous, so nothing is lost; a guest's input may still be open.
    process.exit(exitCode);
  });
}

function commandName(): string {
  const [, , word = ""] = process.argv;
  return commands.includes(word) ? word : "";
}
