/** The property that an engine and QEMU agree on a batch of programs. */
import fc from "fast-check";
import type { Bench } from "../../differential/bench.ts";
import type { Divergence } from "../../differential/compare.ts";
import { type DivergenceError, divergenceError } from "../../differential/report.ts";
import type { TestProfile } from "../../profiles/profile.ts";
import type { TestCase } from "../../program/test-case.ts";
import { makeExecutable } from "./executable.ts";
import { blockField, blockLayout, edgeAddress } from "./layout.ts";
import { runInEngine } from "./run-engine.ts";
import { runInQemu } from "./run-qemu.ts";

/** Each property runs batches of at most so many programs, one QEMU process for each. */
export const batchSize = 200;

/** The property that all engines write what QEMU writes, over batches of test cases. */
export function agreesWithQemu(
  profile: TestProfile,
  benches: readonly Bench[],
  tests: fc.Arbitrary<TestCase>,
): fc.IAsyncProperty<[readonly TestCase[]]> {
  let wanted: string | undefined;
  const batches = fc.array(tests, { minLength: 1, maxLength: batchSize, size: "max" });
  return fc.asyncProperty(batches, async (batch) => {
    const executable = makeExecutable(profile, batch);
    const theirs = await runInQemu(profile.isa.addressWidth, executable);
    for (const bench of benches) {
      const ours = runInEngine(bench, executable);
      const error = difference(profile, bench, executable.tests, ours, theirs);
      if (!error) continue;
      const kind = error.data.divergence.field.replace(/\d.*/, "");
      wanted ??= kind;
      if (kind === wanted) throw error;
    }
  });
}

function difference(
  profile: TestProfile,
  { engine }: Bench,
  tests: readonly TestCase[],
  ours: Uint8Array,
  theirs: Uint8Array,
): DivergenceError | undefined {
  if (Buffer.compare(ours, theirs) === 0) return undefined;
  const at = theirs.findIndex((byte, offset) => byte !== ours[offset]);
  const index = Math.floor(at / blockLayout.sizeBytes);
  const test = tests[index];
  const [last] = tests.slice(-1);
  const word = (bytes: Uint8Array, offset: number): string => {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return `0x${view.getBigUint64(offset, true).toString(16)}`;
  };
  const aligned = at - (at % 8);
  const offset = at - index * blockLayout.sizeBytes;
  const field = test
    ? blockField(offset)
    : `memory at 0x${(edgeAddress + at - tests.length * blockLayout.sizeBytes).toString(16)}`;
  const divergence: Divergence = {
    field,
    values: [word(theirs, aligned), word(ours, aligned)],
    engines: ["QEMU", engine.name],
    pc: undefined,
    executed: 0,
  };
  const shown = test ?? last;
  return shown && divergenceError(profile, shown, divergence);
}
