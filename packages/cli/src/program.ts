/** The command line as a whole: its commands, and what a failure of any of them looks like. */
import { Command, CommanderError } from "commander";
import manifest from "../package.json" with { type: "json" };
import { addAsm } from "./commands/asm.ts";
import { addBoot } from "./commands/boot.ts";
import { addDisasm } from "./commands/disasm.ts";
import { addExplain } from "./commands/explain.ts";
import { addImage } from "./commands/image.ts";
import { addRun } from "./commands/run.ts";
import { reportOf, UsageError } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { type CommandIo, writeText } from "./io/command-io.ts";

/** Commander's codes for what is no failure. */
const harmless: readonly string[] = [
  "commander.help",
  "commander.helpDisplayed",
  "commander.version",
];

/**
 * Runs a command line and gives its exit code. Whatever goes wrong is one line on standard error;
 * with `ISOVM_DEBUG=1` in the environment a stack follows.
 */
export async function main(commandLine: readonly string[], io: CommandIo): Promise<number> {
  let exitCode: number = exitCodes.success;
  try {
    const program = commands(io, (code) => {
      exitCode = code;
    });
    await program.parseAsync(commandLine, { from: "user" });
    return exitCode;
  } catch (thrown) {
    const error = thrown instanceof CommanderError ? usageError(thrown) : thrown;
    if (error === undefined) return exitCodes.success;
    const report = reportOf(error);
    if (report.message !== "") writeText(io.stderr, `isovm: ${report.message}\n`);
    if (io.environment.ISOVM_DEBUG === "1" && error instanceof Error) {
      writeText(io.stderr, `${error.stack}\n`);
    }
    return report.exitCode;
  } finally {
    io.stdin.release();
  }
}

function commands(io: CommandIo, exit: (code: number) => void): Command {
  const program = new Command("isovm")
    .description(
      "Runs programs and boots systems for other machines; assembles, disassembles, explains code.",
    )
    .version(manifest.version, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => void writeText(io.stdout, text),
      writeErr: (text) => void writeText(io.stderr, text),
      // Failures are reported in one place, by `main`.
      outputError: () => {},
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .addHelpText("after", "\n`isovm COMMAND --help` says more, with examples.");
  addRun(program, io, exit);
  addBoot(program, io, exit);
  addImage(program, io);
  addAsm(program, io, exit);
  addDisasm(program, io);
  addExplain(program, io);
  return program;
}

/** A usage error from commander's; undefined for help and version. */
function usageError(error: CommanderError): UsageError | undefined {
  if (harmless.includes(error.code)) {
    return error.exitCode === 0
      ? undefined
      : new UsageError("give a command: run, boot, image, asm, disasm or explain (isovm --help)");
  }
  return new UsageError(`${error.message.replace(/^error: /, "")} (see --help)`);
}
