/**
 * The code of one region: a function from the budget to what is left of it. Registers are locals,
 * loaded at the entry and stored where control leaves.
 *
 * The budget is checked at the entry and at every loop header, for the longest way to the next one,
 * and counted down by block. What a region can't do – a fault, a trap, a system call – it leaves to
 * the interpreter, before the instruction and with the state of that moment.
 */
import { float, type StateLayout } from "@isovm/isa-spec";
import {
  type FunctionBuilder,
  type FunctionIndex,
  type Label,
  type Local,
  lowerSemantics,
  type RuntimeLibrary,
  typeOf,
} from "@isovm/wasm";
import { withEntries } from "../control-flow/entries.ts";
import { longestPath } from "../control-flow/longest-path.ts";
import { emitStructured } from "../control-flow/structure.ts";
import type { RegisterSlot } from "../ir/register-slot.ts";
import { groupAccesses } from "./access-groups.ts";
import { goToEntry } from "./entry-code.ts";
import { floatRegisters } from "./float-registers.ts";
import type { FloatSteadiness } from "./float-steadiness.ts";
import type { Region, RegionBlock } from "./region.ts";
import type { HeldRegister, RegionExits, RegionServices } from "./region-services.ts";
import { RegionTarget } from "./region-target.ts";

/** The steady case that a region is emitted for, and the function that does without it. */
export interface SteadyRegion {
  readonly steadiness: FloatSteadiness;
  readonly unsteady: FunctionIndex;
}

/** The parameters of a region's function: what it may execute, and where it is entered. */
interface RegionParameters {
  readonly budget: Local;
  readonly entry: Local;
}

/** Emits the body of a region's function. */
export function emitRegion(
  code: FunctionBuilder,
  region: Region,
  services: RegionServices,
  steady?: SteadyRegion,
): void {
  const [budget, entry] = code.params;
  if (!budget || !entry) return;
  if (steady) unlessSteady(code, services, steady, { budget, entry });
  const registers = holdRegisters(code, region, services.isa.layout);
  const { state } = services.places;
  for (const { slot, local } of registers.values()) {
    code.i32Const(0);
    if (local.type === "f64") code.f64Load(state + slot.offset);
    else if (local.type === "i32") code.i32Load(state + slot.offset);
    else code.i64Load(state + slot.offset);
    code.localSet(local);
  }
  const next = code.local("i64", "next");
  const back = code.local("i32", "back");
  const interpret = code.beginBlock(undefined, "interpret");
  const leave = code.beginBlock(undefined, "leave");
  const exits = { leave, interpret, next, back };
  const target = new RegionTarget(code, region, services, registers, exits, steady?.steadiness);
  emitBlocks(code, region, services, { budget, entry }, target, exits);
  code.end(leave);
  storeState(code, services, registers, next);
  code.localGet(budget);
  code.return();
  code.end(interpret);
  storeState(code, services, registers, next);
  code.localGet(budget);
  code.localGet(back);
  code.i32Add();
  code.i32Const(-1);
  code.i32Xor();
}

function emitBlocks(
  code: FunctionBuilder,
  region: Region,
  services: RegionServices,
  { budget, entry }: RegionParameters,
  target: RegionTarget,
  exits: RegionExits,
): void {
  const { graph, analysis, routes } = withEntries(region, region.entries);
  const { blocks } = region;
  const longest = longestPath(graph, analysis, (block) => blocks[block]?.instructions.length ?? 0);
  emitStructured<Label>(graph, analysis, {
    block: () => code.beginBlock(),
    loop: () => code.beginLoop(),
    end: (label) => code.end(label),
    body: (number, labelOf) => {
      const block = blocks[number];
      if (!block) return;
      goToEntry(code, entry, routes.get(number) ?? [], labelOf);
      const checks = number === 0 || analysis.loopHeader[number] === 1;
      if (checks) checkBudget(code, block, budget, longest[number] ?? 0, exits);
      code.localGet(budget);
      code.i32Const(block.instructions.length);
      code.i32Sub();
      code.localSet(budget);
      target.memory.beginBlock(groupAccesses(block, services.isa.layout, services.isAlone));
      emitBlock(code, block, target, services.library, labelOf);
    },
  });
}

/** Goes on in the other function unless the hart is in the steady case. */
function unlessSteady(
  code: FunctionBuilder,
  { places }: RegionServices,
  { steadiness, unsteady }: SteadyRegion,
  { budget, entry }: RegionParameters,
): void {
  code.i32Const(0);
  for (const { offset } of steadiness.modes) {
    code.i32Const(0);
    code.i32Load(places.state + offset);
    code.i32Or();
  }
  for (const { offset } of steadiness.flags) {
    code.i32Const(0);
    code.i32Load(places.state + offset);
    code.i32Const(-1);
    code.i32Xor();
    code.i32Const(float.flag.inexact);
    code.i32And();
    code.i32Or();
  }
  code.if(() => {
    code.localGet(budget);
    code.localGet(entry);
    code.call(unsteady);
    code.return();
  });
}

function checkBudget(
  code: FunctionBuilder,
  block: RegionBlock,
  budget: Local,
  needed: number,
  { interpret, next, back }: RegionExits,
): void {
  code.localGet(budget);
  code.i32Const(needed);
  code.i32LtS();
  code.if(() => {
    code.i64Const(block.pc);
    code.localSet(next);
    code.i32Const(0);
    code.localSet(back);
    code.br(interpret);
  });
}

function emitBlock(
  code: FunctionBuilder,
  block: RegionBlock,
  target: RegionTarget,
  library: RuntimeLibrary,
  labelOf: (block: number) => Label | undefined,
): void {
  const count = block.instructions.length;
  block.instructions.forEach((placed, index) => {
    target.begin(placed, count - index, block.expected, labelOf);
    code.scope(() => lowerSemantics(placed.instruction.body, target, library));
  });
  const last = block.instructions[count - 1];
  if (last?.instruction.effects.fallsThrough) target.goTo(block.end);
  else code.unreachable();
}

/** Gives every register that the region touches a local. */
function holdRegisters(
  code: FunctionBuilder,
  region: Region,
  layout: StateLayout,
): ReadonlyMap<RegisterSlot, HeldRegister> {
  const read = new Set<RegisterSlot>();
  const written = new Set<RegisterSlot>();
  for (const { instructions } of region.blocks) {
    for (const { instruction } of instructions) {
      for (const slot of instruction.effects.reads) read.add(slot);
      for (const slot of instruction.effects.writes) written.add(slot);
    }
  }
  const floats = floatRegisters(region, layout);
  const held = new Map<RegisterSlot, HeldRegister>();
  for (const slot of new Set([...read, ...written])) {
    const local = code.local(floats.has(slot) ? "f64" : typeOf(slot.width), slot.name);
    held.set(slot, { slot, local, written: written.has(slot) });
  }
  return held;
}

/** Stores what the region may have written, and the program counter. */
function storeState(
  code: FunctionBuilder,
  { isa, places }: RegionServices,
  registers: ReadonlyMap<RegisterSlot, HeldRegister>,
  next: Local,
): void {
  for (const { slot, local, written } of registers.values()) {
    if (!written) continue;
    code.i32Const(0);
    code.localGet(local);
    if (local.type === "f64") code.f64Store(places.state + slot.offset);
    else if (local.type === "i32") code.i32Store(places.state + slot.offset);
    else code.i64Store(places.state + slot.offset);
  }
  code.i32Const(0);
  code.localGet(next);
  code.i64Store(places.state + isa.layout.pcOffset);
}
