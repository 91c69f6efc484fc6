/**
 * Descriptors 0, 1 and 2 of the first process, over the host's streams.
 */
import { openFlags } from "../constants/files.ts";
import type { HostOutput } from "../host-services.ts";
import type { Kernel } from "../kernel.ts";
import { FileDescription } from "./description.ts";
import type { FileObject } from "./file-object.ts";
import { HostInputStream, HostOutputStream } from "./host-stream.ts";
import { Terminal } from "./terminal.ts";

/** The standard streams as the guest has them. */
export class StandardFiles {
  readonly terminal: Terminal;
  /** For descriptors 0, 1, 2. */
  readonly descriptions: readonly FileDescription[];
  readonly #input: HostInputStream | undefined;

  constructor(kernel: Kernel) {
    const { stdin, stdout, stderr } = kernel.host;
    const terminalOutput = [stdout, stderr].find(({ isTerminal }) => isTerminal);
    this.terminal = new Terminal(
      kernel,
      kernel.allocateInode(),
      stdin.isTerminal ? stdin : undefined,
      terminalOutput,
    );
    this.#input = stdin.isTerminal ? undefined : new HostInputStream(kernel.allocateInode(), stdin);
    const output = (host: HostOutput): FileObject =>
      host.isTerminal ? this.terminal : new HostOutputStream(kernel.allocateInode(), host);
    const describe = (object: FileObject, flags: number): FileDescription =>
      new FileDescription(object, object === this.terminal ? openFlags.O_RDWR : flags).retain();
    this.descriptions = [
      describe(this.#input ?? this.terminal, 0),
      describe(output(stdout), openFlags.O_WRONLY),
      describe(output(stderr), openFlags.O_WRONLY),
    ];
  }

  /** Whether anybody waits for input from the host. */
  get isAwaited(): boolean {
    return this.terminal.waiters.size > 0 || (this.#input?.waiters.size ?? 0) > 0;
  }

  /** The host has more input. */
  inputReady(): void {
    this.#input?.waiters.wake();
    if (this.#input === undefined) this.terminal.inputReady();
  }
}

/** Makes the standard files of a kernel. */
export function createStandardFiles(kernel: Kernel): StandardFiles {
  return new StandardFiles(kernel);
}
