/** Errors of devices. */
import { IsovmError } from "@isovm/isa-spec";

/** What was given to `restore` is not the state of such a device. */
export class DeviceStateError extends IsovmError<{ readonly device: string }> {}

/** Ranges of a bus overlap, or one is not in the address space. */
export class BusMapError extends IsovmError<{ readonly names: readonly string[] }> {}

/** A board's literal contradicts itself, or doesn't go with the machine's memory or harts. */
export class BoardError extends IsovmError<{ readonly board: string; readonly device?: string }> {}

/** A tree that no device tree can hold, or bytes that are no flattened device tree. */
export class DeviceTreeError extends IsovmError<{ readonly path: string }> {}

/** A text that is no MAC address of a single station. */
export class MacAddressError extends IsovmError<{ readonly address: string }> {}
