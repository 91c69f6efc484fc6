/** Finds out whether a board goes together, before anything is built. */
import { findRangeProblem } from "../bus/address-ranges.ts";
import { BoardError } from "../errors.ts";
import type { Board, BoardDevice } from "./board.ts";

/** What a board is plugged into. */
export interface BoardSize {
  /** Number of harts. */
  readonly harts: number;
  /** Bytes of RAM. */
  readonly memoryBytes: number;
}

/** @throws BoardError if it doesn't. */
export function checkBoard(board: Board, size: BoardSize): void {
  const ram = { name: "RAM", base: board.ramBase, sizeBytes: size.memoryBytes };
  const problem = findRangeProblem([ram, ...board.devices]);
  if (problem !== undefined) throw boardError(board, problem.message, problem.names.at(-1));
  const names = new Set<string>(board.devices.map(({ name }) => name));
  if (names.size < board.devices.length) throw boardError(board, "two devices have the same name");
  for (const device of board.devices) checkWires(board, device, names, size.harts);
  if (board.stdout !== undefined && !names.has(board.stdout))
    throw boardError(board, `no device ${board.stdout} to be the console`, board.stdout);
}

function checkWires(
  board: Board,
  { name, interrupts = [] }: BoardDevice,
  names: ReadonlySet<string>,
  harts: number,
): void {
  for (const target of interrupts) {
    if ("hart" in target && !(target.hart >= 0 && target.hart < harts))
      throw boardError(board, `${name} interrupts hart ${target.hart} of ${harts}`, name);
    if ("controller" in target && !names.has(target.controller))
      throw boardError(board, `${name} interrupts ${target.controller}, which isn't there`, name);
  }
}

/** The error that something about a board, maybe about one of its devices, is wrong. */
export function boardError(board: Board, what: string, device?: string): BoardError {
  return new BoardError(
    `${board.name}: ${what}`,
    device === undefined ? { board: board.name } : { board: board.name, device },
  );
}
