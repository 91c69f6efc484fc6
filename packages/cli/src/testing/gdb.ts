/** GDB, driven by a script, with the guest of a command in this process. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runOracle } from "@isovm/testkit/oracle";
import { type CommandResult, isovm } from "./test-io.ts";

/** What came of it. */
export interface GdbResult {
  /** What GDB printed, errors included. */
  readonly gdb: string;
  readonly command: CommandResult;
}

/**
 * Runs a command line that has `--gdb 0`, and GDB with the lines of `script` behind those that
 * connect it.
 */
export async function withGdb(
  directory: string,
  commandLine: readonly string[],
  before: string,
  script: string,
): Promise<GdbResult> {
  let stderr = "";
  let found: (port: string) => void = () => undefined;
  const port = new Promise<string>((resolve) => {
    found = resolve;
  });
  const command = isovm(commandLine, {
    onStderr(text) {
      stderr += text;
      const match = /target remote (\S+)\n/.exec(stderr);
      if (match?.[1] !== undefined) found(match[1]);
    },
  });
  // A command that fails says no port.
  const address = await Promise.race([port, command.then(() => "")]);
  const file = join(directory, "script.gdb");
  const lines = ["set pagination off", "set sysroot", before, `target remote ${address}`, script];
  writeFileSync(file, lines.join("\n"));
  const { stdout, stderr: errors } = await runOracle("gdb-multiarch", [
    "-nx",
    "-batch",
    "-x",
    file,
  ]);
  const text = new TextDecoder();
  return { gdb: text.decode(stdout) + text.decode(errors), command: await command };
}
