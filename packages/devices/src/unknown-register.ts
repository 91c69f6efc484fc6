/** Registers that no device defines, where the bus answers nevertheless: zero, and an event. */
import type { AccessBytes, DeviceEvent, DeviceObserver } from "./device.ts";

/** Tells the observer of an access to a register that a device doesn't have. */
export function observeUnknownRegister(
  observe: DeviceObserver,
  device: string,
  offset: number,
  width: AccessBytes,
  value?: bigint,
): void {
  const event: DeviceEvent = { device, kind: "unknownRegister", offset, width };
  observe(value === undefined ? event : { ...event, value });
}
