import fc from "fast-check";
import { expect, it } from "vitest";
import type { Inode } from "../../vfs/types.ts";
import { FileLocks } from "./locks.ts";

const BYTES = 16;

it("record locks behave as a lock on every byte", () => {
  const range = fc
    .tuple(fc.nat(BYTES - 1), fc.integer({ min: 1, max: BYTES }))
    .map(([start, length]) => ({ start, end: Math.min(BYTES, start + length) }));
  const action = fc.record({
    owner: fc.nat(2),
    what: fc.constantFrom("shared", "exclusive", "unlock"),
    range,
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const locks = new FileLocks();
      // Locks only use an inode as a key.
      const inode = {} as Inode;
      const owners = [{}, {}, {}];
      const model = Array.from({ length: BYTES }, () => new Map<number, boolean>());
      for (const {
        owner,
        what,
        range: { start, end },
      } of actions) {
        const cells = model.slice(start, end);
        const key = owners[owner] ?? {};
        if (what === "unlock") {
          locks.unlock(inode, key, start, end);
          for (const cell of cells) cell.delete(owner);
          continue;
        }
        const isExclusive = what === "exclusive";
        const conflicts = cells.some((cell) =>
          [...cell].some(([other, exclusive]) => other !== owner && (exclusive || isExclusive)),
        );
        const lock = { owner: key, pid: owner, isExclusive, start, end };
        expect(locks.conflict(inode, lock) !== undefined).toBe(conflicts);
        if (conflicts) continue;
        locks.lock(inode, lock);
        for (const cell of cells) cell.set(owner, isExclusive);
      }
    }),
  );
});
