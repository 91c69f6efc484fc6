/** All control and status registers of the privileged part by their number. */
import type { Xlen } from "../hart.ts";
import type { ControlDefinition } from "./control-definition.ts";
import { counterRegisters } from "./counter-registers.ts";
import { machineRegisters } from "./machine-registers.ts";
import { protectionRegisters } from "./protection-registers.ts";
import { supervisorRegisters } from "./supervisor-registers.ts";

/** The registers of a hart. */
export function controlTable(xlen: Xlen): readonly ControlDefinition[] {
  return [
    ...machineRegisters(xlen),
    ...supervisorRegisters(xlen),
    ...counterRegisters(xlen),
    ...protectionRegisters(xlen),
  ];
}
