import fc from "fast-check";
import { expect, it } from "vitest";
import { ByteQueue } from "./byte-queue.ts";

it("gives bytes back in the order in which they came", () => {
  const action = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.record({ take: fc.nat(25) }),
    fc.record({ peek: fc.nat(25) }),
  );
  fc.assert(
    fc.property(fc.array(action), (actions) => {
      const queue = new ByteQueue();
      let model: number[] = [];
      for (const step of actions) {
        if (step instanceof Uint8Array) {
          queue.put(step);
          model.push(...step);
        } else {
          const isTake = "take" in step;
          const target = new Uint8Array(isTake ? step.take : step.peek);
          const count = isTake ? queue.take(target) : queue.peek(target);
          expect([...target.subarray(0, count)]).toEqual(model.slice(0, target.length));
          if (isTake) model = model.slice(count);
        }
        expect(queue.length).toBe(model.length);
      }
    }),
  );
});
