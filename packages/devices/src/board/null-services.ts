/** Services that do nothing: for looking at a board's devices without a machine. */
import type { InterruptLine } from "../device.ts";
import type { BoardServices } from "./build-board.ts";
import type { BoardSize } from "./check-board.ts";

/** Services of a machine that stands still: time zero, no memory, wires that end nowhere. */
export function nullServices(size: BoardSize): BoardServices {
  const line: InterruptLine = { set() {} };
  return {
    ...size,
    clock: { nanos: 0n, alarm() {} },
    counter: { ticks: 0n, tickNanos: 100n, set() {} },
    memory: { read: () => undefined, write: () => false },
    hartInterrupt: () => line,
    observe() {},
  };
}
