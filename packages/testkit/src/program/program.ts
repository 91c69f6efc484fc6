/** Test programs: a list of items that can be laid out again after some were taken away. */
import { encodedBits, type Instruction } from "@isovm/isa-spec";
import type { TestProfile } from "../profiles/profile.ts";
import { type EncodedInstruction, encodeRow, type Fields } from "./encoded.ts";

/** A part of a program. Jumps name how many items they skip, so that any item can be deleted. */
export type ProgramItem =
  | { readonly kind: "word"; readonly word: EncodedInstruction }
  | { readonly kind: "instruction"; readonly row: Instruction; readonly fields: Fields }
  /** A jump by a distance over the next `skip` items. */
  | {
      readonly kind: "jump";
      readonly row: Instruction;
      readonly fields: Fields;
      readonly distanceOperand: string;
      readonly skip: number;
    }
  /** A jump through the scratch register, which is loaded before, over the next `skip` items. */
  | {
      readonly kind: "indirectJump";
      readonly row: Instruction;
      readonly fields: Fields;
      readonly baseOperand: string;
      readonly displacementOperand: string | undefined;
      readonly skip: number;
    }
  /** Items that belong together and are deleted together. */
  | { readonly kind: "group"; readonly body: readonly ProgramItem[] }
  | { readonly kind: "loop"; readonly rounds: number; readonly body: readonly ProgramItem[] };

/** An instruction of a program that was laid out. */
export interface PlacedInstruction extends EncodedInstruction {
  /** Bytes from the program's first instruction. */
  readonly offset: number;
}

/** The instructions of a program, with the one behind its last that stops it. */
export function layOut(
  profile: TestProfile,
  items: readonly ProgramItem[],
): readonly PlacedInstruction[] {
  const placed: PlacedInstruction[] = [];
  placeItems(profile, items, 0, placed);
  const { exit } = profile;
  placed.push({ ...exit, offset: endOf(placed) });
  return placed;
}

function placeItems(
  profile: TestProfile,
  items: readonly ProgramItem[],
  start: number,
  placed: PlacedInstruction[],
): void {
  const offsets = [start];
  for (const item of items) offsets.push((offsets.at(-1) ?? start) + sizeOf(profile, item));
  const end = offsets.at(-1) ?? start;
  const place = (offset: number, instructions: readonly EncodedInstruction[]): number => {
    let next = offset;
    for (const { bits, sizeBytes } of instructions) {
      placed.push({ bits, sizeBytes, offset: next });
      next += sizeBytes;
    }
    return next;
  };
  items.forEach((item, index) => {
    const offset = offsets[index] ?? start;
    switch (item.kind) {
      case "word":
        place(offset, [item.word]);
        break;
      case "instruction":
        place(offset, [encodeRow(item.row, item.fields)]);
        break;
      case "jump": {
        let field = 0n;
        for (let skip = item.skip; skip >= 0; skip -= 1) {
          const distance = (offsets[index + 1 + skip] ?? end) - offset;
          const fitting = distanceField(item.row, item.distanceOperand, distance);
          if (fitting === undefined) continue;
          field = fitting;
          break;
        }
        const fields = { ...item.fields, [item.distanceOperand]: field };
        place(offset, [encodeRow(item.row, fields)]);
        break;
      }
      case "indirectJump": {
        const target = (offsets[index + 1 + item.skip] ?? end) - offset;
        const displacement = item.displacementOperand
          ? signedField(item.row, item.displacementOperand, item.fields)
          : 0;
        const next = place(offset, profile.codeAddress(target - displacement));
        place(next, [encodeRow(item.row, item.fields)]);
        break;
      }
      case "group":
        placeItems(profile, item.body, offset, placed);
        break;
      case "loop": {
        const { begin, end: endCode } = profile.loop(item.rounds);
        const body = place(offset, begin);
        placeItems(profile, item.body, body, placed);
        const tail = body + sizeOfAll(profile, item.body);
        place(tail, endCode(body - tail));
        break;
      }
    }
  });
}

/** Bytes of an item. */
function sizeOf(profile: TestProfile, item: ProgramItem): number {
  switch (item.kind) {
    case "word":
      return item.word.sizeBytes;
    case "instruction":
    case "jump":
      return item.row.sizeBytes;
    case "indirectJump":
      return bytesIn(profile.codeAddress(0)) + item.row.sizeBytes;
    case "group":
      return sizeOfAll(profile, item.body);
    case "loop": {
      const { begin, end } = profile.loop(item.rounds);
      return bytesIn(begin) + sizeOfAll(profile, item.body) + bytesIn(end(0));
    }
  }
}

function sizeOfAll(profile: TestProfile, items: readonly ProgramItem[]): number {
  return items.reduce((sum, item) => sum + sizeOf(profile, item), 0);
}

function bytesIn(instructions: readonly EncodedInstruction[]): number {
  return instructions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function endOf(placed: readonly PlacedInstruction[]): number {
  return placed.reduce((end, { offset, sizeBytes }) => Math.max(end, offset + sizeBytes), 0);
}

/** The field of a distance, if the operand can encode it. */
function distanceField(row: Instruction, name: string, distance: number): bigint | undefined {
  const width = row.operands[name]?.width ?? 0;
  const field = BigInt.asUintN(width, BigInt(distance));
  if (BigInt.asIntN(width, field) !== BigInt(distance)) return undefined;
  if (row.operands[name]?.excluded.includes(field)) return undefined;
  return (field & ~encodedBits(row.pattern, name)) === 0n ? field : undefined;
}

function signedField(row: Instruction, name: string, fields: Fields): number {
  const operand = row.operands[name];
  const value = fields[name] ?? 0n;
  const isSigned = operand?.text.kind === "integer" && operand.text.signed;
  return Number(isSigned ? BigInt.asIntN(operand.width, value) : value);
}
