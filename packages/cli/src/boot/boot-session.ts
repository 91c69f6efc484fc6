/** A machine that is on: runs it, restarts it, keeps snapshots of it, ends it. */
import { writeFileSync } from "node:fs";
import { debugSystem, type GdbStub, runSystem, type SystemVm } from "@isovm/machine";
import type { CommandIo } from "../io/command-io.ts";
import { type ConsoleCommand, consoleHelp } from "./escape-keys.ts";
import type { BootEnd } from "./outcome.ts";

/** What a session is made from. */
export interface BootSessionOptions {
  readonly vm: SystemVm;
  readonly io: CommandIo;
  /** Powers the machine on again. */
  readonly restart: () => void;
  /** Where snapshots go; undefined if the user named no file. */
  readonly snapshot: string | undefined;
  readonly fuel: number;
  readonly sliceInstructions: number;
  /** Where a debugger connects; the machine stands still until one has. */
  readonly stub: GdbStub | undefined;
  /** Tells the user something, on a line of its own. */
  readonly say: (line: string) => void;
}

/** Signals that end a machine, as they end other programs. */
const endings: readonly number[] = [1, 2, 3, 15];

/** A running machine. */
export class BootSession {
  readonly #options: BootSessionOptions;
  #end: BootEnd | undefined;

  constructor(options: BootSessionOptions) {
    this.#options = options;
  }

  /** Runs to the end. */
  async run(): Promise<BootEnd> {
    const { vm, io, restart, fuel, sliceInstructions, stub } = this.#options;
    const stopListening = io.onSignal((number) => {
      if (endings.includes(number)) this.#stop({ kind: "signal", number });
    });
    try {
      for (;;) {
        const left = fuel - Number(vm.executed);
        const options = { fuel: left, sliceInstructions };
        const result = stub ? await debugSystem(vm, stub, options) : await runSystem(vm, options);
        const isEnd = result.kind === "fuel" || result.kind === "killed";
        const end = this.#end ?? (isEnd ? result : undefined);
        if (end) {
          // The machine could have gone on, and can.
          if (this.#options.snapshot !== undefined && end.kind !== "ended" && end.kind !== "killed")
            this.#snapshot();
          return end;
        }
        if (result.kind === "poweroff") return result;
        if (result.kind === "reset") restart();
      }
    } finally {
      stopListening();
    }
  }

  /** Does what a key asks for. */
  command(command: ConsoleCommand): void {
    const { say } = this.#options;
    if (command === "end") this.#stop({ kind: "ended" });
    else if (command === "snapshot") this.#snapshot();
    else for (const line of consoleHelp) say(line);
  }

  #stop(end: BootEnd): void {
    this.#end = end;
    this.#options.vm.end({ kind: "poweroff", code: 0 });
    this.#options.stub?.release();
  }

  #snapshot(): void {
    const { vm, snapshot, say } = this.#options;
    if (snapshot === undefined) {
      say("isovm: no file for a snapshot was named: start with --snapshot FILE");
      return;
    }
    try {
      const bytes = vm.save();
      writeFileSync(snapshot, bytes);
      say(`isovm: ${snapshot}: a snapshot of ${(bytes.length / 2 ** 20).toFixed(1)} MiB`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      say(`isovm: no snapshot was kept: ${reason}`);
    }
  }
}
