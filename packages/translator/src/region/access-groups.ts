/**
 * Check elimination: accesses of a block at constant distances from one register are checked
 * together, at the first of them. Where all of them lie in one page, the others need no check.
 */
import type { Expression, MemoryAccess, StateLayout, Statement } from "@isovm/isa-spec";
import { type RegisterSlot, registerSlot } from "../ir/register-slot.ts";
import type { PlacedInstruction } from "./guest-code.ts";
import type { RegionBlock } from "./region.ts";

/** Bytes from the lowest to the highest access of a group at most: a page is easily left else. */
const widestSpan = 512;

/** Accesses that one check is made for. */
export interface AccessGroup {
  readonly base: RegisterSlot;
  readonly direction: "read" | "write";
  /** The accesses lie from this distance to the base, a signed number of bytes, … */
  readonly low: number;
  /** … up to this one. */
  readonly end: number;
  /** The instruction that checks. */
  readonly first: PlacedInstruction;
}

interface OpenGroup {
  low: number;
  end: number;
  readonly members: PlacedInstruction[];
}

interface BaseAccess {
  readonly base: RegisterSlot;
  readonly direction: "read" | "write";
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * The groups of a block that have several members, by member. Instructions for which `isAlone` holds
 * are not grouped.
 */
export function groupAccesses(
  block: RegionBlock,
  layout: StateLayout,
  isAlone: (instruction: PlacedInstruction) => boolean,
): ReadonlyMap<PlacedInstruction, AccessGroup> {
  const groups = new Map<PlacedInstruction, AccessGroup>();
  const open = {
    read: new Map<RegisterSlot, OpenGroup>(),
    write: new Map<RegisterSlot, OpenGroup>(),
  };
  const close = (base: RegisterSlot, direction: "read" | "write"): void => {
    const group = open[direction].get(base);
    open[direction].delete(base);
    const [first, second] = group?.members ?? [];
    if (!group || !first || !second) return;
    const { low, end, members } = group;
    const closed = { base, direction, low, end, first };
    for (const member of members) groups.set(member, closed);
  };
  for (const placed of block.instructions) {
    const access = isAlone(placed) ? undefined : accessOf(placed.instruction.body, layout);
    if (access) {
      const { base, direction, offset, sizeBytes } = access;
      const known = open[direction].get(base);
      const low = Math.min(known?.low ?? offset, offset);
      const end = Math.max(known?.end ?? offset, offset + sizeBytes);
      if (known && end - low <= widestSpan) {
        known.low = low;
        known.end = end;
        known.members.push(placed);
      } else {
        close(base, direction);
        open[direction].set(base, { low: offset, end: offset + sizeBytes, members: [placed] });
      }
    }
    for (const slot of placed.instruction.effects.writes) {
      close(slot, "read");
      close(slot, "write");
    }
  }
  for (const direction of ["read", "write"] as const) {
    for (const base of [...open[direction].keys()]) close(base, direction);
  }
  return groups;
}

/** The only access of an instruction, if it is at a constant distance from a register. */
function accessOf(body: readonly Statement[], layout: StateLayout): BaseAccess | undefined {
  let found: BaseAccess | undefined;
  for (const statement of body) {
    switch (statement.kind) {
      case "readRegister":
      case "writeRegister":
      case "assign":
        break;
      case "load":
      case "store": {
        if (found) return undefined;
        const { access, kind } = statement;
        const direction = kind === "load" ? "read" : "write";
        const place = baseOf(access, body, layout);
        if (!place) return undefined;
        found = { ...place, direction, sizeBytes: access.width / 8 };
        break;
      }
      default:
        return undefined;
    }
  }
  return found;
}

function baseOf(
  { address, alignment }: MemoryAccess,
  body: readonly Statement[],
  layout: StateLayout,
): { readonly base: RegisterSlot; readonly offset: number } | undefined {
  if (alignment === "required") return undefined;
  const split = splitAddress(address);
  if (!split) return undefined;
  for (const statement of body) {
    if (statement.kind === "readRegister" && statement.result.id === split.id) {
      const base = registerSlot(layout, statement.register);
      return base && base.width === address.width ? { base, offset: split.offset } : undefined;
    }
  }
  return undefined;
}

/** A temporary and a constant of at most 32 bits that an address is the sum of. */
function splitAddress(address: Expression): { id: number; offset: number } | undefined {
  if (address.kind === "temporary") return { id: address.id, offset: 0 };
  if (address.kind !== "binary" || address.operator !== "add") return undefined;
  const { left, right, width } = address;
  if (left.kind !== "temporary" || right.kind !== "constant") return undefined;
  const offset = Number(BigInt.asIntN(width, right.value));
  return Math.abs(offset) < 2 ** 31 ? { id: left.id, offset } : undefined;
}
