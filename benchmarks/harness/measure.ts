/** Interleaved measurements: A B A B …, so that a busy host hits all contestants alike. */
import { CommandError, output } from "./command.ts";
import type { Contestant } from "./contestants.ts";
import type { Kernel } from "./kernels.ts";

/** The times of one kernel, in milliseconds of its own clock, by contestant. */
export interface KernelTimes {
  readonly kernel: Kernel;
  readonly checksum: string;
  readonly times: ReadonlyMap<string, readonly number[]>;
}

/** A contestant and the kernel's executable for it. */
export interface Entry {
  readonly contestant: Contestant;
  readonly executable: string;
}

/** Contestants computed different results. */
export class ChecksumError extends Error {}

/** Runs a kernel `runs` times under each contestant in turn. */
export function measureKernel(
  kernel: Kernel,
  entries: readonly Entry[],
  runs: number,
): KernelTimes {
  const times = new Map<string, number[]>(entries.map(({ contestant }) => [contestant.name, []]));
  let expected: { readonly checksum: string; readonly by: string } | undefined;
  for (let run = 0; run < runs; run += 1) {
    for (const { contestant, executable } of entries) {
      const [command, ...args] = contestant.command(executable, [String(kernel.repetitions)]);
      const { checksum, milliseconds } = parse(output(command, args), kernel.name);
      expected ??= { checksum, by: contestant.name };
      if (checksum !== expected.checksum) {
        throw new ChecksumError(
          `${kernel.name}: ${contestant.name} computed ${checksum}, ${expected.by} ${expected.checksum}`,
        );
      }
      times.get(contestant.name)?.push(milliseconds);
    }
  }
  return { kernel, checksum: expected?.checksum ?? "", times };
}

function parse(text: string, name: string): { checksum: string; milliseconds: number } {
  const match = /^([0-9a-f]{16}) ([0-9.]+)\s*$/.exec(text);
  if (!match?.[1] || !match[2]) throw new CommandError(`${name} printed ${JSON.stringify(text)}`);
  return { checksum: match[1], milliseconds: Number(match[2]) };
}
