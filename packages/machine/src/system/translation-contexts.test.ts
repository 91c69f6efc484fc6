import fc from "fast-check";
import { expect, it } from "vitest";
import { SystemMemory } from "./system-memory.ts";
import { TranslationContexts } from "./translation-contexts.ts";

const keys = fc.array(fc.nat(24).map(String), { maxLength: 120, size: "max" });

it("no two keys of those used last have one number", () => {
  fc.assert(
    fc.property(keys, (list) => {
      const contexts = new TranslationContexts();
      const numbers = new Map<string, number>();
      for (const key of list) {
        const before = contexts.current;
        const { changed } = contexts.select(key);
        expect(changed).toBe(contexts.current !== before);
        expect(contexts.current).toBeLessThan(contexts.count);
        numbers.delete(key);
        numbers.set(key, contexts.current);
        const recent = [...numbers.values()].slice(-contexts.count);
        expect(new Set(recent).size).toBe(recent.length);
      }
    }),
  );
});

it("an engine never sees what another key has left in a context", () => {
  fc.assert(
    fc.property(keys, (list) => {
      const memory = new SystemMemory(0x8000_0000, 4096, {
        read: () => undefined,
        write: () => false,
      });
      /** By context: the keys whose translations an engine may hold there. */
      const held = new Map<number, Set<string>>();
      let current = 0;
      memory.attach({
        codeWritten() {},
        contextChanged: (context) => {
          current = context;
        },
        mappingChanged: (_, __, context) => {
          if (context === undefined) held.clear();
          else held.delete(context);
        },
      });
      for (const key of list) {
        memory.select(key, () => 0x8000_0000);
        const here = held.get(current) ?? new Set<string>();
        held.set(current, here.add(key));
        expect([...here]).toEqual([key]);
      }
    }),
    { numRuns: 20 },
  );
});
