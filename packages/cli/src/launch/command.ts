/** The command as the script that `launch` runs. */
import { join } from "node:path";
import { nodeIo } from "../io/node-io.ts";
import { main } from "../program.ts";
import { prepareInterpreters } from "../run/prepare.ts";
import { KeptFiles } from "./kept-files.ts";
import { NativeCode } from "./native-code.ts";

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

export async function command(
  commandLine: readonly string[],
  { directory, identity }: Launched,
): Promise<number> {
  const native = new NativeCode(new KeptFiles(join(directory, "code"), identity));
  const programs = new KeptFiles(join(directory, "interpreters"), identity);
  const release = {
    identity: Buffer.from(identity).toString("hex"),
    programs: {
      find: (name: string) => programs.find(name),
      keep: (name: string, bytes: Uint8Array) => programs.keep(name, bytes),
      instantiate: native.instantiate.bind(native),
    },
  };
  const exitCode = await main(commandLine, { ...nodeIo(), release });
  native.keep();
  return exitCode;
}

export function prepare({ directory, identity }: Launched): void {
  prepareInterpreters(new KeptFiles(join(directory, "interpreters"), identity));
}
