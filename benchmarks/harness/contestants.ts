/** Who runs the workloads: the host's processor, qemu-user, isovm with each engine. */
import type { Target } from "./toolchain.ts";

/** A program to run, as those who emulate need to know it. */
export interface GuestCommand {
  /** Its executable, a path of the host. */
  readonly program: string;
  readonly arguments: readonly string[];
  /** The host's directory that has the guest's libraries and other files, `program` among them. */
  readonly root?: string;
  /** A directory of the host that the guest sees under the same path. */
  readonly shared?: string;
  /** The guest's environment; by default whatever the contestant gives. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A way to run a program. */
export interface Contestant {
  readonly name: string;
  /** What it executes. */
  readonly target: Target;
  /** Whether it profits from what an earlier run has left. */
  readonly isWarm: boolean;
  /** The command of the host that runs a program. */
  readonly command: (guest: GuestCommand) => readonly [string, ...string[]];
}

/** Compiled for the host. */
export const native: Contestant = {
  name: "native",
  target: "native",
  isWarm: false,
  command: ({ program, arguments: args }) => [program, ...args],
};

/** What isovm is compared with. The guest's environment is the command's own. */
export const qemu: Contestant = {
  name: "qemu",
  target: "riscv64",
  isWarm: false,
  command: ({ program, arguments: args, root }) => [
    "qemu-riscv64",
    ...(root === undefined ? [] : ["-L", root]),
    program,
    ...args,
  ],
};

/** How isovm is run. */
export interface IsovmOptions {
  /** The Node that runs it. */
  readonly node: string;
  /** Its command as a file of JavaScript. */
  readonly bundle: string;
  readonly engine: string;
  /** The directory where translations are kept, or `off`; the engine keeps none by default. */
  readonly store?: string;
  /** Whether standard error ends with isovm's statistics and a line with Node's peak memory in KiB. */
  readonly statistics?: boolean;
}

const reportMemory =
  '--import=data:text/javascript,process.on("exit",()=>' +
  'process.stderr.write(process.resourceUsage().maxRSS+"\\n"))';

/** isovm with one engine, and called by its name. */
export function isovm({
  node,
  bundle,
  engine,
  store,
  statistics = false,
}: IsovmOptions): Contestant {
  const isWarm = store !== undefined && store !== "off";
  return {
    name: isWarm ? `${engine} kept` : engine,
    target: "riscv64",
    isWarm,
    command: ({ program, arguments: args, root, shared, environment = {} }) => [
      node,
      ...(statistics ? [reportMemory] : []),
      ...[bundle, "run", "--engine", engine],
      ...(statistics ? ["--stats"] : []),
      ...(store === undefined ? [] : ["--store", store]),
      ...(root === undefined ? [] : ["--root", root]),
      ...(shared === undefined ? [] : ["--mount", `${shared}:${shared}:ro`]),
      ...Object.entries(environment).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
      root !== undefined && program.startsWith(root) ? program.slice(root.length) : program,
      ...args,
    ],
  };
}
