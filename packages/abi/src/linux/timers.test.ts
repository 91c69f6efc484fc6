import fc from "fast-check";
import { expect, it } from "vitest";
import type { ArmedTimer } from "./timers.ts";
import { TimerQueue } from "./timers.ts";

it("timers fire once, in order of time and arming, unless they were cancelled", () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant("arm" as const), at: fc.integer({ min: 0, max: 100 }) }),
    fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(50) }),
    fc.record({ kind: fc.constant("run" as const), now: fc.integer({ min: 0, max: 100 }) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const queue = new TimerQueue();
      const armed: { timer: ArmedTimer; id: number; at: number; isLive: boolean }[] = [];
      const fired: number[] = [];
      for (const step of actions) {
        if (step.kind === "arm") {
          const id = armed.length;
          const timer = queue.arm(step.at, () => fired.push(id));
          armed.push({ timer, id, at: step.at, isLive: true });
        } else if (step.kind === "cancel") {
          const chosen = armed[step.which];
          if (chosen === undefined) continue;
          queue.cancel(chosen.timer);
          chosen.isLive = false;
        } else {
          const due = armed.filter(({ isLive, at }) => isLive && at <= step.now);
          due.sort((a, b) => a.at - b.at || a.id - b.id);
          fired.length = 0;
          queue.run(step.now);
          expect(fired).toEqual(due.map(({ id }) => id));
          for (const timer of due) timer.isLive = false;
        }
        const live = armed.filter(({ isLive }) => isLive).map(({ at }) => at);
        expect(queue.nextNanos).toBe(live.length === 0 ? undefined : Math.min(...live));
      }
    }),
  );
});
