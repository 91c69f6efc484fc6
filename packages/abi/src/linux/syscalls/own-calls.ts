/**
 * Calls that single ports of Linux have of their own; a binding gives them numbers.
 * @see cacheflush(2), https://docs.kernel.org/arch/riscv/hwprobe.html
 */
import { PAGE_SIZE } from "../address-space.ts";
import { LinuxError } from "../errno.ts";
import type { SystemCallDefinition } from "./definition.ts";
import { systemCall } from "./definition.ts";
import * as kind from "./kinds.ts";

/** The rows of this family. */
export const ownCalls: readonly SystemCallDefinition[] = [
  systemCall(
    "riscv_hwprobe",
    {
      pairs: kind.pointer,
      count: kind.size,
      size: kind.size,
      cpus: kind.pointer,
      flags: kind.hexUint,
    },
    () => {
      throw new LinuxError("ENOSYS");
    },
    { support: "stub", note: "ENOSYS, as before Linux 6.4: programs rely on the base ISA then." },
  ),
  systemCall(
    "riscv_flush_icache",
    { start: kind.pointer, end: kind.pointer, flags: kind.hexUint },
    (call, { start, end, flags }) => {
      if (flags > 1) throw new LinuxError("EINVAL");
      const { space } = call.process.memory;
      // An empty or inverted range flushes everything, as the hardware's fence does.
      const isRange = start < end && end <= space.limit;
      const from = isRange ? start - (start % PAGE_SIZE) : 0;
      const to = isRange ? end : space.limit;
      for (const thread of call.process.threads.values()) {
        thread.cpu.flushInstructions(from, to - from);
      }
      return 0;
    },
  ),
];
