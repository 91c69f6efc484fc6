/**
 * SiFive's test finisher, which power-off and reset go through (device-tree binding
 * `sifive,test1`, a `syscon`).
 *
 * @see https://www.kernel.org/doc/Documentation/devicetree/bindings/power/reset/syscon-poweroff.yaml
 * @see https://github.com/riscv-software-src/opensbi/blob/master/lib/utils/reset/fdt_reset_sifive_test.c
 */
import type { AccessBytes, Device, DeviceServices } from "../device.ts";

/** What the guest wants done with its power. */
export type PowerEvent =
  /** Off; code 0 says that all went well, others are the guest's own. */
  { readonly kind: "poweroff"; readonly code: number } | { readonly kind: "reset" };

const command = { fail: 0x3333, pass: 0x5555, reset: 0x7777 } as const;

/**
 * The factory of a test finisher: one write-only 32-bit register, the command in its lower half and
 * an exit code in its upper one. `power` is called in the midst of the guest's store.
 */
export function testFinisher(
  power: (event: PowerEvent) => void,
): (services: DeviceServices) => Device {
  return ({ observe }) => ({
    name: "testFinisher",
    sizeBytes: 0x1000,
    read: (_offset: number, width: AccessBytes): bigint | undefined =>
      width === 4 ? 0n : undefined,
    write(offset: number, width: AccessBytes, value: bigint): boolean {
      if (width !== 4 && width !== 2) return false;
      const status = offset === 0 ? Number(value & 0xffffn) : 0;
      const code = Number((value >> 16n) & 0xffffn);
      if (status === command.pass) power({ kind: "poweroff", code: 0 });
      else if (status === command.fail) power({ kind: "poweroff", code });
      else if (status === command.reset) power({ kind: "reset" });
      else observe({ device: "testFinisher", kind: "invalidValue", offset, width, value });
      return true;
    },
    state: () => ({}),
    restore() {},
    reset() {},
  });
}
