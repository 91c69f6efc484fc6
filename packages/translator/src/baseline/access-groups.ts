/** Check elimination in baseline regions: the accesses of a block that one comparison stands for. */
import type { RecordSlot } from "@isovm/isa-spec";
import { placeIn } from "./code-region.ts";
import type { RowCode } from "./row-code.ts";

/** Bytes from the lowest to the highest access of a group at most: a page is easily left else. */
const widestSpan = 512;

/** Accesses at constant distances from one register. */
export interface GroupedAccess {
  /** Byte offset of the register in the state, and its width in bits. */
  readonly base: number;
  readonly baseWidth: number;
  readonly direction: "read" | "write";
  /** The accesses lie from this distance up to that one. */
  low: number;
  end: number;
  /** Number of the instruction that checks, and of members. */
  readonly first: number;
  members: number;
}

/** What grouping asks of instructions, by their number. */
export interface GroupedBlock {
  readonly rowAt: (index: number) => RowCode | undefined;
  /** Byte offset of the record. */
  readonly recordAt: (index: number) => number;
  readonly isAlone: (index: number) => boolean;
}

/** The groups with several members of a block of so many instructions, by member. */
export function groupAccesses(
  count: number,
  view: DataView,
  { rowAt, recordAt, isAlone }: GroupedBlock,
): ReadonlyMap<number, GroupedAccess> | undefined {
  let open: GroupedAccess[] = [];
  let members: [index: number, group: GroupedAccess][] | undefined;
  for (let index = 0; index < count; index += 1) {
    const row = rowAt(index);
    if (!row) continue;
    const { access, writes } = row;
    const record = recordAt(index);
    if (access && !isAlone(index)) {
      const base = placeIn(access.base, record, view);
      const { direction, sizeBytes } = access;
      const low = distanceIn(access.distance, record, view);
      const end = low + sizeBytes;
      let group = open.find((other) => other.base === base && other.direction === direction);
      if (group && Math.max(group.end, end) - Math.min(group.low, low) > widestSpan) {
        open = open.filter((other) => other !== group);
        group = undefined;
      }
      if (group) {
        group.low = Math.min(group.low, low);
        group.end = Math.max(group.end, end);
        group.members += 1;
      } else {
        const { baseWidth } = access;
        group = { base, baseWidth, direction, low, end, first: index, members: 1 };
        open.push(group);
      }
      members ??= [];
      members.push([index, group]);
    }
    if (open.length === 0) continue;
    for (const place of writes) {
      const written = placeIn(place, record, view);
      if (open.some(({ base }) => base === written)) {
        open = open.filter(({ base }) => base !== written);
      }
    }
  }
  if (!members) return undefined;
  const several = members.filter(([, group]) => group.members > 1);
  return several.length > 0 ? new Map(several) : undefined;
}

function distanceIn(distance: number | RecordSlot, record: number, view: DataView): number {
  if (typeof distance === "number") return distance;
  const at = record + distance.offset;
  const isSigned = distance.extension === "sign";
  if (distance.sizeBytes === 1) return isSigned ? view.getInt8(at) : view.getUint8(at);
  if (distance.sizeBytes === 2)
    return isSigned ? view.getInt16(at, true) : view.getUint16(at, true);
  return isSigned ? view.getInt32(at, true) : view.getUint32(at, true);
}
