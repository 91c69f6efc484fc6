/** A device that was restored goes on exactly as the one whose state was taken, at any point. */
import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { register, TestDriver } from "./testing/driver.ts";
import { rigs } from "./testing/rigs.ts";
import { TestMachine } from "./testing/test-machine.ts";

/** A request: what its buffers are depends on the device, which needn't like them. */
interface Request {
  readonly queue: number;
  readonly readable: readonly number[];
  readonly writable: readonly number[];
  readonly first: number;
  readonly indirect: boolean;
  readonly notifies: boolean;
  readonly moves: boolean;
}

const sizes = fc.array(fc.constantFrom(1, 12, 16, 74, 512, 528), { maxLength: 3 });
const request: fc.Arbitrary<Request> = fc
  .record({
    queue: fc.nat(1),
    readable: sizes,
    writable: sizes,
    first: fc.constantFrom(0, 1, 4, 8, 13),
    indirect: fc.boolean(),
    notifies: fc.boolean(),
    moves: fc.boolean(),
  })
  .filter(({ readable, writable }) => readable.length + writable.length > 0);

/** Does requests; where one says so, the device is replaced by another with its state. */
function run(name: string, requests: readonly Request[], moves: boolean): unknown[] {
  const rig = rigs[name];
  if (rig === undefined) throw new Error(`no device ${name}`);
  const machine = new TestMachine(2 ** 20);
  let device = rig()(machine.services);
  const queues = name === "network" || name === "console" ? 2 : 1;
  let driver = new TestDriver(device, machine).start([32, 32].slice(0, queues));
  const log: unknown[] = [];
  for (const one of requests) {
    const queue = one.queue % queues;
    const readable = one.readable.map((length) => new Uint8Array(length));
    if (readable[0] !== undefined) readable[0][0] = one.first;
    if (driver.queue(queue).free.length < 6) break;
    driver.offer(queue, readable, one.writable, one.indirect);
    if (one.notifies) driver.notify(queue);
    log.push(driver.collect(queue), machine.level, driver.get(register.status));
    if (moves && one.moves) {
      const state: unknown = JSON.parse(JSON.stringify(device.state()));
      device.reset();
      device = rig()(machine.services);
      device.restore(state);
      driver = driver.movedTo(device);
    }
    if (driver.get(register.status) & 64) driver.start([32, 32].slice(0, queues));
  }
  const memory = createHash("sha256").update(machine.bytes).digest("hex");
  return [...log, memory, machine.events, device.state()];
}

describe.each(Object.keys(rigs))("%s", (name) => {
  it("goes on from its state", () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 20 }), (requests) => {
        expect(run(name, requests, true)).toEqual(run(name, requests, false));
      }),
      { numRuns: 100 },
    );
  });
});
