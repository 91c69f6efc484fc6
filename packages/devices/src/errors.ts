/** Errors of devices. */
import { IsovmError } from "@isovm/isa-spec";

/** What was given to `restore` is not the state of such a device. */
export class DeviceStateError extends IsovmError<{ readonly device: string }> {}
