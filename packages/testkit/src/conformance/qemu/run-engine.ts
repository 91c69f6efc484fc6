/** Runs an oracle executable under an engine, with the little of Linux that it needs. */
import { type Exit, IsovmError } from "@isovm/isa-spec";
import { type Bench, exitText } from "../../differential/bench.ts";
import { pageBytes, rights } from "../../program/layout.ts";
import type { Executable } from "./executable.ts";
import { blockLayout, edgeAddress, mostSignals, outputBytes } from "./layout.ts";

/** An executable stopped where none should. */
export class UnexpectedStopError extends IsovmError<{ readonly pc: bigint }> {}

const systemCall = { write: 64, exit: 93, rtSigaction: 134, sigaltstack: 132 } as const;
const signal = { illegal: 4, trap: 5, bus: 7, segmentation: 11 } as const;
const stack = { start: 0x7000_0000, length: 16 * pageBytes };
const s0 = 8;
const a0 = 10;

/** What the executable writes. */
export function runInEngine(bench: Bench, { sections, entry, tests }: Executable): Uint8Array {
  bench.reset([
    { ...stack, rights: rights.read | rights.write },
    ...sections.map(({ name, address, bytes }) => ({
      start: Number(address),
      length: Math.ceil(bytes.length / pageBytes) * pageBytes,
      rights:
        rights.read | (name === ".text" ? rights.execute : name === ".data" ? rights.write : 0),
    })),
  ]);
  for (const { address, bytes } of sections) bench.poke(Number(address), bytes);
  const { state } = bench.engine;
  for (const { definition } of bench.isa.layout.files.values()) {
    for (let register = 0; register < definition.count; register += 1) {
      state.write(definition.name, register, 0n);
    }
  }
  state.write("x", 2, BigInt(stack.start + stack.length));
  state.pc = entry;
  const output = new Uint8Array(outputBytes(tests.length));
  let written = 0;
  for (;;) {
    const exit = bench.engine.run(1_000_000);
    if (exit.kind === "budget") continue;
    if (exit.kind !== "effect" || exit.name !== "systemCall") {
      noteSignal(bench, exit);
      continue;
    }
    const [result, address, length] = [a0, a0 + 1, a0 + 2].map((register) =>
      Number(state.read("x", register)),
    );
    switch (Number(state.read("x", 17))) {
      case systemCall.write:
        output.set(bench.space.read(address ?? 0, length ?? 0), written);
        written += length ?? 0;
        break;
      case systemCall.rtSigaction:
      case systemCall.sigaltstack:
        state.write("x", a0, 0n);
        break;
      case systemCall.exit:
        return output.subarray(0, written);
      default:
        throw new UnexpectedStopError(`system call with a0 = ${result}`, { pc: state.pc });
    }
    bench.skipInstruction();
  }
}

/** What the executable's handler does: notes the signal in the block, and goes on behind. */
function noteSignal(bench: Bench, exit: Exit): void {
  const { state } = bench.engine;
  const number = signalOf(exit);
  const centre = Number(state.read("x", s0));
  if (number === undefined || centre < edgeAddress) {
    throw new UnexpectedStopError(`${exitText(exit)} at 0x${state.pc.toString(16)}`, {
      pc: state.pc,
    });
  }
  const address = exit.kind === "fault" ? exit.address : state.pc;
  const countAt = centre - blockLayout.centre + blockLayout.signalCount;
  const count = Number(bench.space.loadU32(countAt));
  bench.space.storeU32(countAt, count + 1);
  const at = countAt + 8 + 24 * Math.min(count, mostSignals - 1);
  [BigInt(number), state.pc, address].forEach((value, index) => {
    bench.space.storeU64(at + 8 * index, value);
  });
  if (!bench.skipInstruction()) {
    throw new UnexpectedStopError("the code ends", { pc: state.pc });
  }
}

function signalOf(exit: Exit): number | undefined {
  switch (exit.kind) {
    case "illegal":
      return signal.illegal;
    case "effect":
      return exit.name === "breakpoint" ? signal.trap : undefined;
    case "fault":
      if (exit.access === "fetch") return undefined;
      return exit.reason === "misaligned" || exit.reason === "bus"
        ? signal.bus
        : signal.segmentation;
    default:
      return undefined;
  }
}
