/** Buses, interrupt controllers, timers, serial ports and virtio devices for system VMs. */
export * from "./device.ts";
export * from "./errors.ts";
