/** Journeys through labyrinths: runs of an engine, and what the host does between them. */
import fc from "fast-check";
import { type ProgramRules, programItems } from "../arbitraries/program-items.ts";
import { type RegisterValues, states } from "../arbitraries/states.ts";
import type { TestProfile } from "../profiles/profile.ts";
import { pageBytes, rights } from "../program/layout.ts";
import type { ProgramItem } from "../program/program.ts";
import { type Labyrinth, labyrinths } from "./labyrinth.ts";

/** What happens next; pages and blocks are named by number, as far as they go. */
export type Step =
  | { readonly kind: "run"; readonly budget: number }
  /** Goes on elsewhere, as if a signal came. */
  | { readonly kind: "go"; readonly block: number }
  | { readonly kind: "protect"; readonly page: number; readonly rights: number }
  | { readonly kind: "unmap"; readonly page: number }
  /** Maps a new page that has what the old one began with, or zeros. */
  | { readonly kind: "map"; readonly page: number; readonly isEmpty: boolean }
  /** The host writes code over the beginning of a block. */
  | { readonly kind: "patch"; readonly block: number; readonly items: readonly ProgramItem[] }
  /** Goes on in another address space, which has another labyrinth at the same place. */
  | { readonly kind: "enter"; readonly space: number }
  /** Makes an address space a copy of the current one. */
  | { readonly kind: "fork"; readonly space: number };

/** A journey. */
export interface Journey {
  /** By address space. */
  readonly labyrinths: readonly [Labyrinth, Labyrinth];
  readonly registers: RegisterValues;
  readonly start: number;
  readonly steps: readonly Step[];
  readonly memorySeed: number;
}

/** Pages of code. */
export const codePageCount = 2;

/** Journeys; `budgets` are those of their runs. */
export function journeys(
  profile: TestProfile,
  budgets: fc.Arbitrary<number>,
  rules: ProgramRules = {},
): fc.Arbitrary<Journey> {
  const block = fc.nat({ max: 11 });
  const page = fc.nat({ max: codePageCount + 3 });
  const space = fc.nat({ max: 1 });
  const all = rights.read | rights.write | rights.execute;
  const step = <Kind extends string, Fields>(
    weight: number,
    kind: Kind,
    fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> },
  ) => ({ arbitrary: fc.record({ kind: fc.constant(kind), ...fields }), weight });
  const items = programItems(profile, rules);
  const run = step(14, "run", { budget: budgets });
  const steps: fc.Arbitrary<Step> = fc.oneof(
    { withCrossShrink: true },
    run,
    step(2, "go", { block }),
    step(2, "protect", { page, rights: fc.oneof(fc.constant(all), fc.nat({ max: 7 })) }),
    step(1, "unmap", { page }),
    step(2, "map", { page, isEmpty: fc.constantFrom(false, false, true) }),
    step(2, "patch", { block, items }),
    step(1, "enter", { space }),
    step(1, "fork", { space }),
  ) as fc.Arbitrary<Step>;
  return fc.record({
    labyrinths: fc.tuple(labyrinths(profile, rules), labyrinths(profile, rules)),
    registers: states(profile, addresses(profile)),
    start: fc.constantFrom(...starts),
    steps: fc.array(
      fc.oneof({ arbitrary: steps, weight: 1 }, { arbitrary: run.arbitrary, weight: 1 }),
      {
        minLength: 1,
        maxLength: 40,
        size: "max",
      },
    ) as fc.Arbitrary<readonly Step[]>,
    memorySeed: fc.nat(),
  });
}

/** Most of a labyrinth is in the first page, the rest behind it; or all is in the second. */
const starts = [64, 128, 256, 500].map((before) => 0x1_0000 + pageBytes - before);

/** In the sandbox mostly, sometimes in the code. */
function addresses(profile: TestProfile): fc.Arbitrary<bigint> {
  const code = fc.nat({ max: 200 }).map((index) => BigInt(0x1_0000 + pageBytes - 200 + 2 * index));
  const data = states(profile).map(({ x = [] }) => x[8] ?? 0n);
  return fc.oneof({ arbitrary: data, weight: 5 }, { arbitrary: code, weight: 1 });
}
