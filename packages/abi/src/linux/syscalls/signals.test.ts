import { describe, expect, it } from "vitest";
import { FakeMachine } from "../testing/fake-machine.ts";

const SIGUSR1 = 10;
const SIGUSR2 = 12;
const bit = (signal: number): bigint => 1n << BigInt(signal - 1);
const set = (...signals: number[]): Uint8Array =>
  new Uint8Array(BigUint64Array.of(signals.reduce((sum, signal) => sum | bit(signal), 0n)).buffer);
const words = (...values: bigint[]): Uint8Array =>
  new Uint8Array(BigUint64Array.from(values).buffer);

describe("signals", () => {
  it("sigsuspend delivers at once what is pending, and restores the mask", () => {
    const machine = new FakeMachine();
    const got: bigint[] = [];
    machine.run(function* (guest) {
      const handler = machine.at(function* (inner) {
        got.push(inner.cpu.readRegister("x", 10));
        yield ["getpid"];
      });
      yield ["rt_sigaction", SIGUSR1, guest.put(words(BigInt(handler), 0n, 0n)), 0, 8];
      yield ["rt_sigprocmask", 0, guest.put(set(SIGUSR1)), 0, 8];
      yield ["kill", 100, SIGUSR1];
      expect(got).toEqual([]);
      expect(yield ["rt_sigsuspend", guest.put(set()), 8]).toBe("EINTR");
      expect(got).toEqual([BigInt(SIGUSR1)]);
      expect(guest.thread.mask).toBe(bit(SIGUSR1));
    });
  });

  it("a waiting vfork parent keeps its signals for later", () => {
    const machine = new FakeMachine();
    const order: string[] = [];
    machine.run(function* (guest) {
      const handler = machine.at(function* () {
        order.push("handler");
        yield ["getpid"];
      });
      yield ["rt_sigaction", SIGUSR1, guest.put(words(BigInt(handler), 0n, 0n)), 0, 8];
      machine.child(function* () {
        yield ["kill", 100, SIGUSR1];
        yield ["sched_yield"];
        order.push("child ends");
        yield ["exit_group", 0];
      });
      expect(yield ["clone", 0x4111, 0, 0, 0, 0]).toBe(101);
      order.push("parent");
    });
    expect(order).toEqual(["child ends", "handler", "parent"]);
  });

  it("standard signals are kept once, real-time signals queue with their values", () => {
    const machine = new FakeMachine();
    machine.run(function* (guest) {
      const both = guest.put(set(SIGUSR1, 40));
      yield ["rt_sigprocmask", 0, both, 0, 8];
      yield ["kill", 100, SIGUSR1];
      yield ["kill", 100, SIGUSR1];
      const queued = guest.put(new Uint8Array(128));
      for (const value of [7, 8]) {
        guest.space.storeU32(queued + 8, 0xffff_ffff);
        guest.space.storeU64(queued + 24, BigInt(value));
        expect(yield ["rt_sigqueueinfo", 100, 40, queued]).toBe(0);
      }
      const info = guest.reserve(128);
      const taken: (number | string | bigint)[] = [];
      const timeout = guest.reserve(16);
      for (let count = 0; count < 4; count += 1) {
        const signal = yield ["rt_sigtimedwait", both, info, timeout, 8];
        taken.push(signal, guest.space.loadU64(info + 24));
      }
      expect(taken.filter((_, index) => index % 2 === 0)).toEqual([SIGUSR1, 40, 40, "EAGAIN"]);
      expect(taken[3]).toBe(7n);
      expect(taken[5]).toBe(8n);
    });
  });

  it("handlers nest, and each returns to where it was interrupted", () => {
    const machine = new FakeMachine();
    const order: string[] = [];
    machine.run(function* (guest) {
      const inner = machine.at(function* () {
        order.push("inner");
        yield ["getpid"];
      });
      const outer = machine.at(function* () {
        order.push("outer begins");
        yield ["kill", 100, SIGUSR2];
        order.push("outer ends");
      });
      yield ["rt_sigaction", SIGUSR1, guest.put(words(BigInt(outer), 0n, 0n)), 0, 8];
      yield ["rt_sigaction", SIGUSR2, guest.put(words(BigInt(inner), 0n, 0n)), 0, 8];
      const stackPointer = guest.cpu.readRegister("x", 2);
      yield ["kill", 100, SIGUSR1];
      expect(guest.cpu.readRegister("x", 2)).toBe(stackPointer);
      order.push("program");
    });
    expect(order).toEqual(["outer begins", "inner", "outer ends", "program"]);
  });

  it("an interval timer sends SIGALRM, and nanosleep says how much was left", () => {
    const machine = new FakeMachine();
    machine.run(function* (guest) {
      const handler = machine.at(function* () {
        yield ["getpid"];
      });
      yield ["rt_sigaction", 14, guest.put(words(BigInt(handler), 0n, 0n)), 0, 8];
      yield ["setitimer", 0, guest.put(words(0n, 0n, 0n, 1000n)), 0];
      const rest = guest.reserve(16);
      expect(yield ["nanosleep", guest.put(words(10n, 0n)), rest]).toBe("EINTR");
      expect(guest.space.loadU64(rest)).toBe(9n);
    });
  });
});
