/** The software TLBs against a model that has a list of entries for each table. */
import type { EngineMemory } from "@isovm/isa-spec";
import { rv64 } from "@isovm/riscv";
import fc from "fast-check";
import { expect, it } from "vitest";
import { layoutContext, tableEntries } from "./context.ts";
import { type TableName, TranslationTables } from "./translation-tables.ts";

const contexts = 34;
const lastPage = 2 ** 52 - 1;
const tables = ["readTable", "writeTable", "fetchTable"] as const;
/** Pages of few entries, some of the same one, at both ends of the address space. */
const pages = [0, 1, 5, 5 + tableEntries, 5 + 2 ** 40, tableEntries - 1, tableEntries, lastPage];
const frames = [0x10_0000, 0x20_0000, 0xfff0_0000];
const { layout } = rv64();

const context = fc.constantFrom(0, 1, 2, 33);
const page = fc.constantFrom(...pages);
const step = fc.oneof(
  fc.record({ kind: fc.constant("select"), context }),
  fc.record({
    kind: fc.constant("enter"),
    table: fc.constantFrom<TableName>(...tables),
    page,
    frame: fc.constantFrom(...frames),
  }),
  fc.record({
    kind: fc.constant("drop"),
    page,
    count: fc.constantFrom(1, 1, 3, 2 * tableEntries),
    context: fc.option(context, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant("clear"), context: fc.option(context, { nil: undefined }) }),
  fc.record({ kind: fc.constant("dropWrites"), frame: fc.constantFrom(...frames) }),
);

interface Entry {
  readonly context: number;
  readonly table: TableName;
  readonly page: number;
  readonly frame: number;
}

it("have what was entered and not dropped or driven out, and nothing else", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
      const memory = new WebAssembly.Memory({ initial: 128 });
      const places = layoutContext(layout, 4096, contexts);
      const real = new TranslationTables({ memory } as EngineMemory, places);
      real.select(0);
      let current = 0;
      let model: Entry[] = [];
      const used = new Set([0]);
      for (const one of steps) {
        if (one.kind === "select" && "context" in one) {
          current = one.context ?? 0;
          used.add(current);
          real.select(current);
        } else if ("table" in one) {
          const { table, page: number, frame } = one;
          real.enter(table, BigInt(number) << 12n, frame);
          const index = number % tableEntries;
          model = model.filter(
            (other) =>
              other.table !== table ||
              other.context !== current ||
              other.page % tableEntries !== index,
          );
          model.push({ context: current, table, page: number, frame });
        } else if ("count" in one) {
          real.drop(one.page, one.count, one.context);
          const all = one.count > tableEntries / 8;
          // Single pages go in all contexts that share a bit.
          const shared = all ? contexts : 32;
          model = model.filter(
            (other) =>
              (one.context !== undefined && other.context % shared !== one.context % shared) ||
              !(all || (other.page >= one.page && other.page < one.page + one.count)),
          );
        } else if ("frame" in one) {
          real.dropWrites(one.frame);
          model = model.filter(
            (other) => other.table !== "writeTable" || other.frame !== one.frame,
          );
        } else {
          real.clear(one.context);
          model = model.filter(
            (other) => one.context !== undefined && other.context !== one.context,
          );
        }
      }
      const view = new DataView(memory.buffer);
      for (const which of used) {
        for (const table of tables) {
          for (const number of pages) {
            const index = number % tableEntries;
            const at = places[table] + which * places.contextBytes + 16 * index;
            const isHit = view.getBigUint64(at, true) === BigInt(number) << 12n;
            const known = model.find(
              (other) => other.table === table && other.context === which && other.page === number,
            );
            expect(isHit).toBe(known !== undefined);
            if (!known) continue;
            const bias = table === "fetchTable" ? 0 : number * 4096;
            const addend = view.getUint32(at + 8, true);
            expect((addend + (bias % 2 ** 32)) % 2 ** 32).toBe(known.frame);
          }
          // What goes on from the last page is compared with page 0 there.
          const at = places[table] + which * places.contextBytes + 16 * (tableEntries - 1);
          expect(view.getBigUint64(at, true)).not.toBe(0n);
        }
      }
    }),
    { numRuns: 300 },
  );
});
