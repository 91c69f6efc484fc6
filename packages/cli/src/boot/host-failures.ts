/** What the host could not do for a machine's devices: the guest only sees that it failed. */
import type { DeviceObserver } from "@isovm/devices";

/** An observer that has the user told of each failure once, wherever on a drive it happens. */
export function hostFailures(say: (line: string) => void): DeviceObserver {
  const told = new Set<string>();
  return ({ kind, device, detail = "" }) => {
    if (kind !== "hostFailure") return;
    const failure = detail.replace(/^at byte \d+: /, "");
    if (told.has(failure)) return;
    told.add(failure);
    say(`isovm: ${device}: ${failure}; the guest sees an error`);
  };
}
