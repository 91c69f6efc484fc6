/** The command as the script that `launch` runs. */
import { join } from "node:path";
import type { CommandIo } from "../io/command-io.ts";
import { nodeIo } from "../io/node-io.ts";
import { main } from "../program.ts";
import { prepareInterpreters } from "../run/prepare.ts";
import { KeptFiles } from "./kept-files.ts";

/** Where the script is, and a hash of it. */
export interface Launched {
  readonly directory: string;
  readonly identity: Uint8Array;
}

/** What the script exports. */
export interface CommandModule {
  /** Runs a command line and gives the exit code. */
  readonly command: typeof command;
  /** Makes what doesn't depend on the host, when the script is built. */
  readonly prepare: typeof prepare;
}

export function command(commandLine: readonly string[], launched: Launched): Promise<number> {
  return main(commandLine, { ...nodeIo(), release: releaseOf(launched) });
}

export function prepare(launched: Launched): void {
  prepareInterpreters(releaseOf(launched).programs);
}

function releaseOf({ directory, identity }: Launched): NonNullable<CommandIo["release"]> {
  return {
    identity: Buffer.from(identity).toString("hex"),
    programs: new KeptFiles(join(directory, "interpreters"), identity),
  };
}
