/** Runs the system's own tools. */
import { spawnSync } from "node:child_process";
import { CommandError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";

/** Where a tool comes from, for whoever doesn't have it. */
const packages: Readonly<Record<string, string>> = {
  "mkfs.ext4": "e2fsprogs",
  xz: "xz-utils",
};

/**
 * What a tool wrote on standard output.
 *
 * @throws CommandError if there is no such tool or if it fails.
 */
export function hostCommand(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Uint8Array {
  const result = spawnSync(name, args, {
    env: {
      ...process.env,
      // System tools may stand where users don't look.
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
      LC_ALL: "C",
      ...environment,
    },
    maxBuffer: 2 ** 30,
  });
  if (result.error) {
    const missing = "code" in result.error && result.error.code === "ENOENT";
    const hint = packages[name] === undefined ? "" : ` (Debian's package ${packages[name]} has it)`;
    throw new CommandError(
      missing ? `${name} not found: install it${hint}` : `${name}: ${result.error.message}`,
      exitCodes.failure,
      { cause: result.error },
    );
  }
  if (result.status !== 0) {
    throw new CommandError(
      `${name} failed (${result.status ?? result.signal}): ${result.stderr.toString().trim()}`,
      exitCodes.failure,
    );
  }
  return result.stdout;
}
