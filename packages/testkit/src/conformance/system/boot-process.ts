/** `isovm boot` as a process of its own, and somebody at its console. */
import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Readable, Writable } from "node:stream";

const commandHome = join(import.meta.dirname, "../../../../cli");

/** The command, built from its sources for the tests of one file. */
export class IsovmCommand {
  /** A directory for the files of tests; removed with the command. */
  readonly directory: string = mkdtempSync(join(tmpdir(), "isovm-boot-"));
  readonly #machines: BootProcess[] = [];

  constructor() {
    const bundler = join(commandHome, "bundle.mjs");
    execFileSync(process.execPath, [bundler, join(this.directory, "dist")], { stdio: "pipe" });
    cpSync(join(commandHome, "bin"), join(this.directory, "bin"), { recursive: true });
  }

  /** The path of a file in the directory. */
  file(name: string): string {
    return join(this.directory, name);
  }

  /** Boots a machine. No file of its host may grow beyond `mostFileBytes`. */
  boot(options: readonly string[], mostFileBytes?: number): BootProcess {
    const command = [process.execPath, this.file("bin/isovm.js"), "boot", ...options] as const;
    // In blocks of 512 bytes: ulimit of POSIX.
    const limit = `ulimit -f ${(mostFileBytes ?? 0) / 512}; exec "$@"`;
    const machine = new BootProcess(
      mostFileBytes === undefined ? command : ["sh", "-c", limit, "sh", ...command],
    );
    this.#machines.push(machine);
    return machine;
  }

  /** Ends what still runs, and removes the directory. */
  async remove(): Promise<void> {
    await Promise.all(this.#machines.map((machine) => machine.kill()));
    rmSync(this.directory, { recursive: true });
  }
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A machine, and what is on its console. */
export class BootProcess {
  /** How it ended, once it has. */
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #console = "";
  #messages = "";
  #read = 0;
  #end: ProcessEnd | undefined;
  #wake: () => void = () => {};

  constructor([name, ...words]: readonly [string, ...string[]]) {
    this.#child = spawn(name, words, { stdio: "pipe" });
    this.#child.stdout.on("data", (bytes: Buffer) => {
      this.#console += bytes.toString("latin1").replaceAll("\r", "");
      this.#wake();
    });
    this.#child.stderr.on("data", (bytes: Buffer) => {
      this.#messages += bytes.toString();
    });
    this.ended = new Promise((resolve) =>
      this.#child.on("close", (code, signal) => {
        this.#end = { code, signal };
        this.#wake();
        resolve(this.#end);
      }),
    );
  }

  /** All that the guest wrote. */
  get console(): string {
    return this.#console;
  }

  /** What isovm itself said. */
  get messages(): string {
    return this.#messages;
  }

  /**
   * Waits until the guest has written a text behind the last one that was waited for; gives what it
   * wrote in between.
   */
  async expect(text: string): Promise<string> {
    for (;;) {
      const at = this.#console.indexOf(text, this.#read);
      if (at >= 0) {
        const between = this.#console.slice(this.#read, at);
        this.#read = at + text.length;
        return between;
      }
      if (this.#end) {
        throw new Error(
          `the machine ended without writing ${JSON.stringify(text)}; its last words:\n` +
            `${this.#console.slice(-2000)}\n${this.#messages}`,
        );
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Types a line. */
  type(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Ends the process in a way that nothing can prevent, if it has not ended. */
  async kill(): Promise<ProcessEnd> {
    this.#child.kill("SIGKILL");
    return this.ended;
  }
}
