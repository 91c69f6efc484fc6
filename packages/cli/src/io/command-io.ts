/** What commands have of the process around them: all of it can be replaced. */
import type { HostInput, HostOutput, WindowSize } from "@isovm/abi";
import type { InterpreterPrograms } from "@isovm/interpreter";

/** Standard input, which is touched when somebody wants of it. */
export interface CommandInput extends HostInput {
  /** Calls back when `read` may have something after an empty answer. Gives the way to end it. */
  onReady(listener: () => void): () => void;
  /** All that comes until its end. */
  readAll(): Promise<Uint8Array>;
  /** Gives the stream back in the state in which it was found. */
  release(): void;
}

/** A build of the command. */
export interface CommandRelease {
  /** A hash of its code. */
  readonly identity: string;
  /** Interpreters that this build has generated before. */
  readonly programs: InterpreterPrograms;
}

/** The surroundings of a command. */
export interface CommandIo {
  readonly stdin: CommandInput;
  readonly stdout: HostOutput;
  readonly stderr: HostOutput;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What is known of the command's own code; absent where it isn't the script that was built. */
  readonly release?: CommandRelease;
  /** The user's directory for what can be made again; undefined if there is none. */
  cacheDirectory(): Promise<string | undefined>;
  /** Size of the terminal that the streams are connected to. */
  windowSize(): WindowSize;
  /** Whether keys reach standard input one by one, without an echo. */
  setRaw(raw: boolean): void;
  /** Stops this process, as the suspend key does; returns when somebody has it go on. */
  suspend(): void;
  /** Calls back with the numbers (Linux's) of signals that the process gets. Gives the way to end it. */
  onSignal(listener: (signal: number) => void): () => void;
}

const encoder = new TextEncoder();

/** Writes text; false if nobody reads it any more. */
export function writeText(output: HostOutput, text: string): boolean {
  return output.write(encoder.encode(text));
}
