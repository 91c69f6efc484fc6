import { describe, expect, it } from "vitest";
import type { GuestView, Result, Step } from "../testing/fake-machine.ts";
import { FakeMachine } from "../testing/fake-machine.ts";

const EPOLLIN = 1;
const EPOLLET = 0x8000_0000;
const EPOLLONESHOT = 0x4000_0000;

function* pipe(guest: GuestView): Generator<Step, [number, number], Result> {
  const ends = guest.reserve(8);
  yield ["pipe2", ends, 0];
  return [guest.space.loadU32(ends), guest.space.loadU32(ends + 4)];
}

describe("epoll", () => {
  it("reports levels again, edges once, one-shot interests until they are renewed", () => {
    const machine = new FakeMachine();
    machine.run(function* (guest) {
      const epoll = Number(yield ["epoll_create1", 0]);
      const [reader, writer] = yield* pipe(guest);
      const event = guest.reserve(16);
      const found = guest.reserve(64);
      const wait = ["epoll_pwait", epoll, found, 4, 0, 0, 8] as const;
      const interest = (events: number): number => {
        guest.space.storeU32(event, events);
        guest.space.storeU64(event + 8, 77n);
        return event;
      };
      expect(yield ["epoll_ctl", epoll, 1, reader, interest(EPOLLIN)]).toBe(0);
      expect(yield wait).toBe(0);
      yield ["write", writer, found, 1];
      expect(yield wait).toBe(1);
      expect(guest.space.loadU32(found)).toBe(EPOLLIN);
      expect(guest.space.loadU64(found + 8)).toBe(77n);
      expect(yield wait).toBe(1);
      yield ["epoll_ctl", epoll, 3, reader, interest(EPOLLIN | EPOLLET)];
      expect(yield wait).toBe(1);
      expect(yield wait).toBe(0);
      yield ["write", writer, found, 1];
      expect(yield wait).toBe(1);
      yield ["epoll_ctl", epoll, 3, reader, interest(EPOLLIN | EPOLLONESHOT)];
      expect(yield wait).toBe(1);
      yield ["write", writer, found, 1];
      expect(yield wait).toBe(0);
      yield ["epoll_ctl", epoll, 3, reader, interest(EPOLLIN)];
      expect(yield wait).toBe(1);
      yield ["close", reader];
      expect(yield wait).toBe(0);
      expect(yield ["epoll_ctl", epoll, 1, epoll, event]).toBe("EINVAL");
    });
  });

  it("wakes a thread that waits, by an event or when its time has come", () => {
    const machine = new FakeMachine();
    machine.run(function* (guest) {
      const epoll = Number(yield ["epoll_create1", 0]);
      const counter = Number(yield ["eventfd2", 0, 0]);
      const event = guest.reserve(16);
      guest.space.storeU32(event, EPOLLIN);
      yield ["epoll_ctl", epoll, 1, counter, event];
      const found = guest.reserve(64);
      const before = machine.nowNanos;
      expect(yield ["epoll_pwait", epoll, found, 4, 5, 0, 8]).toBe(0);
      expect(machine.nowNanos - before).toBeGreaterThanOrEqual(5_000_000);
      machine.child(function* (child) {
        const one = child.reserve(8);
        child.space.storeU64(one, 1n);
        yield ["write", counter, one, 8];
        yield ["exit_group", 0];
      });
      yield ["clone", 17, 0, 0, 0, 0];
      expect(yield ["epoll_pwait", epoll, found, 4, -1, 0, 8]).toBe(1);
    });
  });
});

describe("poll and select", () => {
  it("tell what is ready, hung up and not open", () => {
    const machine = new FakeMachine();
    machine.run(function* (guest) {
      const [reader, writer] = yield* pipe(guest);
      const fds = guest.reserve(32);
      for (const [index, [fd, events]] of [
        [reader, 1],
        [writer, 4],
        [99, 1],
        [-1, 1],
      ].entries()) {
        guest.space.storeU32(fds + index * 8, fd ?? 0);
        guest.space.storeU32(fds + index * 8 + 4, events ?? 0);
      }
      const zero = guest.reserve(16);
      expect(yield ["ppoll", fds, 4, zero, 0, 8]).toBe(2);
      const results = [0, 1, 2, 3].map((index) => guest.space.loadU16(fds + index * 8 + 6));
      expect(results).toEqual([0, 4, 0x20, 0]);
      const sets = guest.reserve(16);
      guest.space.storeU64(sets, 1n << BigInt(reader));
      guest.space.storeU64(sets + 8, 1n << BigInt(writer));
      expect(yield ["pselect6", 10, sets, sets + 8, 0, zero, 0]).toBe(1);
      expect(guest.space.loadU64(sets)).toBe(0n);
      expect(guest.space.loadU64(sets + 8)).toBe(1n << BigInt(writer));
      yield ["close", writer];
      expect(yield ["ppoll", fds, 1, 0, 0, 8]).toBe(1);
      expect(guest.space.loadU16(fds + 6)).toBe(0x10);
    });
  });
});
