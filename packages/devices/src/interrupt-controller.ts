/** What makes a device an interrupt controller: wires of other devices end at its inputs. */
import type { Device, InterruptLine } from "./device.ts";

/** A device with numbered inputs for interrupt wires. */
export interface InterruptController extends Device {
  /** The input of that number, or undefined if there is none. */
  input(number: number): InterruptLine | undefined;
}

/** Whether interrupt wires can end at a device. */
export function isInterruptController(device: Device): device is InterruptController {
  return "input" in device && typeof device.input === "function";
}
