/** HSM: starting, stopping and suspending harts. @see RISC-V Supervisor Binary Interface 2.0, 9 */
import type { FirmwareHart, HartLife } from "../firmware.ts";
import { extensionNumber, type SbiContext, SbiError, type SbiExtension, success } from "./call.ts";

/** What `hart_get_status` says. */
const statuses: Readonly<Record<HartLife["kind"], bigint>> = {
  started: 0n,
  stopped: 1n,
  starting: 2n,
  suspended: 4n,
};

/** Suspends with registers kept, and without. */
const suspension = { retentive: 0n, nonRetentive: 0x8000_0000n } as const;

/** HSM: hart states. */
export const hartState: SbiExtension = {
  number: extensionNumber("HSM"),
  functions: {
    0: (context, [number, pc = 0n, argument = 0n]) => {
      const hart = find(context, number);
      if (!hart) return { error: SbiError.invalidParameter };
      if (hart.life.kind !== "stopped") return { error: SbiError.alreadyAvailable };
      if (!isExecutable(hart, pc)) return { error: SbiError.invalidAddress };
      hart.setLife({ kind: "starting", pc, argument });
      return success;
    },
    1: ({ hart }) => {
      hart.setLife({ kind: "stopped" });
      return { kind: "idle" };
    },
    2: (context, [number]) => {
      const hart = find(context, number);
      if (!hart) return { error: SbiError.invalidParameter };
      return { error: SbiError.success, value: statuses[hart.life.kind] };
    },
    3: ({ hart }, [type = 0n, pc = 0n, argument = 0n]) => {
      const kind = BigInt.asUintN(32, type);
      if (kind === suspension.retentive) return { ...success, outcome: hart.wait() };
      if (kind !== suspension.nonRetentive) return { error: SbiError.invalidParameter };
      if (!isExecutable(hart, pc)) return { error: SbiError.invalidAddress };
      hart.setLife({ kind: "suspended", pc, argument });
      return { kind: "idle" };
    },
  },
};

function find({ harts }: SbiContext, number = -1n): FirmwareHart | undefined {
  return number >= 0n && number < BigInt(harts.length) ? harts[Number(number)] : undefined;
}

function isExecutable({ physical }: FirmwareHart, address: bigint): boolean {
  return address < 2n ** 53n && physical.load32(Number(address & ~3n)) >= 0;
}
