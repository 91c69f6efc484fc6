/** Runs the package system's commands. */
import { spawn } from "node:child_process";
import { DebianFetchError, DebianUnavailableError } from "./errors.ts";

/**
 * What a command wrote on standard output.
 *
 * Throws a {@link DebianUnavailableError} if there is no such command, a {@link DebianFetchError}
 * if it fails.
 */
export async function runCommand(
  command: readonly [string, ...string[]],
  options: { readonly cwd?: string } = {},
): Promise<string> {
  const [name, ...args] = command;
  const child = spawn(name, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === "ENOENT"
          ? new DebianUnavailableError(
              `${name} not found: Debian packages can be fetched on Debian and its derivatives only`,
              { needed: name },
              { cause },
            )
          : cause,
      ),
    );
    child.on("close", resolve);
  });
  if (code !== 0) {
    throw new DebianFetchError(`${command.join(" ")} failed (${code}): ${stderr.trim()}`, {
      command,
      stderr,
    });
  }
  return stdout;
}
