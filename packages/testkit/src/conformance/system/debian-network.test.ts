/** Two machines in one process: they exchange packets, and one survives the other's panic. */
import { type NetworkLink, virtualSwitch } from "@isovm/devices";
import { interpreter } from "@isovm/interpreter";
import { describe, expect, it } from "vitest";
import { hasDebian } from "../../debian/index.ts";
import { bootDebian, debianGuestFiles, type Guest } from "./debian-guest.ts";

/** Instructions, and nanoseconds of idle time, that a machine has before it is the other's turn. */
const turn = 1_000_000;
const mostTurns = 20_000;

/** Runs machines in turns until it is over, or one ends; idle ones pass time together. */
function runTogether(guests: readonly Guest[], isOver: () => boolean): void {
  const on = new Set(guests);
  for (let count = 0; count < mostTurns && on.size > 0 && !isOver(); count += 1) {
    for (const guest of on) {
      const { kind } = guest.vm.runFor(turn);
      if (kind === "idle") guest.vm.skip(BigInt(turn));
      else if (kind !== "fuel") on.delete(guest);
      // It would spin for ever.
      if (guest.console().includes("end Kernel panic")) on.delete(guest);
    }
  }
}

describe.skipIf(!hasDebian())("two machines on a switch", { timeout: 600_000 }, () => {
  it("exchange packets, and a panic of one leaves the other alone", async () => {
    const files = await debianGuestFiles();
    const network = virtualSwitch();
    const guest = (link: NetworkLink, number: number, commands: string): Guest =>
      bootDebian({
        files,
        engine: interpreter,
        builtInSbi: true,
        network: { link, mac: `52:54:00:00:00:0${number}` },
        commands: `modprobe -a virtio_mmio virtio_net; ifconfig eth0 10.0.0.${number} up; ${commands}`,
      });
    const patient = guest(network.connect(), 1, "sleep 5; echo alive");
    const other = guest(
      network.connect(),
      2,
      "ping -c 2 10.0.0.1 | grep -c from; sleep 1; echo c > /proc/sysrq-trigger",
    );
    runTogether([patient, other], () => patient.console().includes("Power down"));
    expect(other.console()).toMatch(/^2$/m);
    expect(other.console()).toContain("Kernel panic");
    expect(patient.console()).toMatch(/^alive$/m);
    expect(patient.console()).toContain("Power down");
  });
});
