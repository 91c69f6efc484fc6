import { describe, expect, it } from "vitest";
import type { GuestView, Program, Result, Step } from "./testing/fake-machine.ts";
import { FakeMachine } from "./testing/fake-machine.ts";

const AT_FDCWD = -100;

describe("a first process", () => {
  it("writes to standard output and exits", () => {
    const machine = new FakeMachine();
    const cause = machine.run(function* (guest) {
      expect(yield ["write", 1, guest.put("hello\n"), 6]).toBe(6);
      yield ["exit_group", 7];
    });
    expect(cause).toEqual({ kind: "exited", code: 7 });
    expect(machine.output).toBe("hello\n");
    expect(machine.trace).toEqual(['write(1, "hello\\n", 6) = 6', "exit_group(7) = ?"]);
  });

  it("reads the host's input to its end", () => {
    const machine = new FakeMachine({ input: "abcdef" });
    machine.run(function* (guest) {
      const buffer = guest.reserve(16);
      expect(yield ["read", 0, buffer, 4]).toBe(4);
      expect(guest.text(buffer, 4)).toBe("abcd");
      expect(yield ["read", 0, buffer, 16]).toBe(2);
      expect(yield ["read", 0, buffer, 16]).toBe(0);
    });
  });

  it("gets ENOSYS for calls that are not there, and the observer is told", () => {
    const unknown: unknown[] = [];
    const machine = new FakeMachine({
      kernel: { observer: { unknownSystemCall: (event) => unknown.push(event) } },
    });
    machine.run(function* () {
      expect(yield ["io_setup", 0, 0]).toBe("ENOSYS");
    });
    expect(unknown).toEqual([{ pid: 100, number: 0, name: "io_setup" }]);
    expect(machine.trace[0]).toBe(
      "io_setup(0x0, 0x0, 0x0, 0x0, 0x0, 0x0) = -1 ENOSYS (Function not implemented)",
    );
  });

  it("finds its arguments, environment and auxiliary vector on the stack", () => {
    const machine = new FakeMachine();
    machine.run(
      function* (guest) {
        const sp = Number(guest.cpu.readRegister("x", 2));
        expect(sp % 16).toBe(0);
        const { space } = guest;
        expect(space.loadU64(sp)).toBe(2n);
        const argument = Number(space.loadU64(sp + 16));
        expect(guest.text(argument, 3)).toBe("-l\0");
        expect(space.loadU64(sp + 24)).toBe(0n);
        expect(guest.text(Number(space.loadU64(sp + 32)), 4)).toBe("A=b\0");
        expect(space.loadU64(sp + 40)).toBe(0n);
        const vector = new Map<number, bigint>();
        for (let at = sp + 48; ; at += 16) {
          const type = Number(space.loadU64(at));
          if (type === 0) break;
          vector.set(type, space.loadU64(at + 8));
        }
        expect(vector.get(6)).toBe(4096n);
        expect(vector.get(9)).toBe(0x10000n);
        expect(guest.text(Number(vector.get(31)), 13)).toBe("/bin/program\0");
        expect(guest.text(Number(vector.get(15)), 5)).toBe("fake\0");
        yield ["exit_group", 0];
      },
      { arguments: ["program", "-l"], environment: ["A=b"] },
    );
  });
});

describe("processes", () => {
  it("fork, and the parent waits for the child's status", () => {
    const machine = new FakeMachine();
    machine.run(function* (guest) {
      const status = guest.reserve(4);
      machine.child(function* () {
        yield ["exit_group", 3];
      });
      const pid = yield ["clone", 17, 0, 0, 0, 0];
      expect(pid).toBe(101);
      expect(yield ["wait4", -1, status, 0, 0]).toBe(101);
      expect(guest.space.loadU32(status)).toBe(0x300);
      expect(yield ["wait4", -1, status, 0, 0]).toBe("ECHILD");
    });
  });

  it("talk through a pipe, blocking until there is data", () => {
    const machine = new FakeMachine();
    machine.run(function* (guest) {
      const ends = guest.reserve(8);
      expect(yield ["pipe2", ends, 0]).toBe(0);
      const [read, write] = [guest.space.loadU32(ends), guest.space.loadU32(ends + 4)];
      machine.child(function* (child) {
        yield ["close", read];
        yield ["write", write, child.put("from the child"), 14];
        yield ["exit_group", 0];
      });
      yield ["clone", 17, 0, 0, 0, 0];
      yield ["close", write];
      const buffer = guest.reserve(32);
      expect(yield ["read", read, buffer, 32]).toBe(14);
      expect(guest.text(buffer, 14)).toBe("from the child");
      expect(yield ["read", read, buffer, 32]).toBe(0);
    });
  });

  it("vfork lets the parent go on when the child has ended", () => {
    const machine = new FakeMachine();
    const order: string[] = [];
    machine.run(function* () {
      machine.child(function* () {
        order.push("child");
        yield ["sched_yield"];
        order.push("child again");
        yield ["exit_group", 0];
      });
      yield ["clone", 0x4111, 0, 0, 0, 0];
      order.push("parent");
    });
    expect(order).toEqual(["child", "child again", "parent"]);
  });

  it("execve starts another program with new arguments", () => {
    const machine = new FakeMachine({
      files: { "bin/script": { contents: "#!/bin/program -x\n", mode: 0o755 } },
    });
    let second: string[] = [];
    const program: Program = function* (guest) {
      const sp = Number(guest.cpu.readRegister("x", 2));
      const count = Number(guest.space.loadU64(sp));
      if (count === 1) {
        const words = guest.reserve(16);
        guest.space.storeU64(words, BigInt(guest.put("script")));
        yield ["execve", guest.put("/bin/script"), words, 0];
        throw new Error("execve returned");
      }
      second = Array.from({ length: count }, (_, index) => {
        const at = Number(guest.space.loadU64(sp + 8 + 8 * index));
        return guest.text(at, 16).split("\0")[0] ?? "";
      });
      yield ["exit_group", 5];
    };
    expect(machine.run(program)).toEqual({ kind: "exited", code: 5 });
    expect(second).toEqual(["/bin/program", "-x", "/bin/script"]);
  });

  it("a missing or foreign program leaves the caller running", () => {
    const machine = new FakeMachine({
      files: { "bin/text": { contents: "no program", mode: 0o755 }, "bin/plain": { contents: "" } },
    });
    machine.run(function* (guest) {
      expect(yield ["execve", guest.put("/bin/none"), 0, 0]).toBe("ENOENT");
      expect(yield ["execve", guest.put("/bin/text"), 0, 0]).toBe("ENOEXEC");
      expect(yield ["execve", guest.put("/bin/plain"), 0, 0]).toBe("EACCES");
      expect(yield ["execve", guest.put("/bin"), 0, 0]).toBe("EACCES");
      expect(yield ["execve", 8, 0, 0]).toBe("EFAULT");
    });
  });
});

describe("files", () => {
  it("are made, written, read, renamed and listed", () => {
    const machine = new FakeMachine();
    machine.run(function* (guest) {
      const name = guest.put("/tmp/file");
      const fd = yield ["openat", AT_FDCWD, name, 0o102, 0o644];
      expect(fd).toBe(3);
      expect(yield ["write", 3, guest.put("contents"), 8]).toBe(8);
      expect(yield ["lseek", 3, 2, 0]).toBe(2);
      const buffer = guest.reserve(64);
      expect(yield ["read", 3, buffer, 64]).toBe(6);
      expect(guest.text(buffer, 6)).toBe("ntents");
      expect(yield ["close", 3]).toBe(0);
      expect(yield ["close", 3]).toBe("EBADF");
      const other = guest.put("/tmp/other");
      expect(yield ["renameat2", AT_FDCWD, name, AT_FDCWD, other, 0]).toBe(0);
      expect(yield ["openat", AT_FDCWD, name, 0, 0]).toBe("ENOENT");
      const stat = guest.reserve(128);
      expect(yield ["newfstatat", AT_FDCWD, other, stat, 0]).toBe(0);
      expect(guest.space.loadU32(stat + 16)).toBe(0o100644);
      expect(guest.space.loadU64(stat + 48)).toBe(8n);
      expect(yield ["openat", AT_FDCWD, guest.put("/tmp"), 0o200000, 0]).toBe(3);
      const entries = guest.reserve(512);
      const length = yield ["getdents64", 3, entries, 512];
      expect(guest.text(entries, Number(length))).toContain("other\0");
      expect(yield ["getdents64", 3, entries, 512]).toBe(0);
    });
  });
});

describe("signals", () => {
  const SA_RESTART = 0x1000_0000;
  function* handle(
    guest: GuestView,
    signal: number,
    handler: number,
    flags = 0,
  ): Generator<Step, void, Result> {
    const action = guest.reserve(24);
    guest.space.storeU64(action, BigInt(handler));
    guest.space.storeU64(action + 8, BigInt(flags));
    expect(yield ["rt_sigaction", signal, action, 0, 8]).toBe(0);
  }

  it("run a handler and return to what was interrupted", () => {
    const machine = new FakeMachine();
    const log: string[] = [];
    machine.run(function* (guest) {
      const handler = machine.at(function* (inner) {
        log.push(`signal ${inner.cpu.readRegister("x", 10)}`);
        yield ["getpid"];
      });
      yield* handle(guest, 10, handler);
      expect(yield ["kill", 100, 10]).toBe(0);
      log.push("after");
    });
    expect(log).toEqual(["signal 10", "after"]);
  });

  it("interrupt a waiting call with EINTR, or restart it under SA_RESTART", () => {
    for (const [flags, expected] of [
      [0, "EINTR"],
      [SA_RESTART, 3],
    ] as const) {
      const machine = new FakeMachine();
      machine.run(function* (guest) {
        const handler = machine.at(function* () {
          yield ["getpid"];
        });
        yield* handle(guest, 10, handler, flags);
        const ends = guest.reserve(8);
        yield ["pipe2", ends, 0];
        const write = guest.space.loadU32(ends + 4);
        machine.child(function* (child) {
          yield ["kill", 100, 10];
          yield ["sched_yield"];
          yield ["sched_yield"];
          yield ["write", write, child.put("abc"), 3];
          yield ["exit_group", 0];
        });
        yield ["clone", 17, 0, 0, 0, 0];
        const buffer = guest.reserve(8);
        expect(yield ["read", guest.space.loadU32(ends), buffer, 8]).toBe(expected);
      });
    }
  });

  it("end a process by default", () => {
    const machine = new FakeMachine();
    const cause = machine.run(function* () {
      yield ["kill", 100, 15];
      throw new Error("still alive");
    });
    expect(cause).toEqual({ kind: "killed", signal: 15, core: false });
  });

  it("SIGSEGV tells where, and a handler on the alternate stack sees it", () => {
    const machine = new FakeMachine();
    let address = 0n;
    let stackPointer = 0;
    let stack = 0;
    machine.run(function* (guest) {
      stack = guest.reserve(8192);
      const alternate = guest.reserve(24);
      guest.space.storeU64(alternate, BigInt(stack));
      guest.space.storeU64(alternate + 16, 8192n);
      expect(yield ["sigaltstack", alternate, 0]).toBe(0);
      const handler = machine.at(function* (inner) {
        const info = Number(inner.cpu.readRegister("x", 11));
        address = inner.space.loadU64(info + 16);
        stackPointer = Number(inner.cpu.readRegister("x", 2));
        yield ["exit_group", 9];
      });
      yield* handle(guest, 11, handler, 0x0800_0004);
      yield { exit: { kind: "fault", address: 0x1234, access: "read", reason: "unmapped" } };
    });
    expect(address).toBe(0x1234n);
    expect(stackPointer).toBeGreaterThan(stack);
    expect(stackPointer).toBeLessThan(stack + 8192);
  });

  it("a blocked or missing SIGSEGV handler is fatal", () => {
    const machine = new FakeMachine();
    const cause = machine.run(function* () {
      yield { exit: { kind: "fault", address: 0, access: "write", reason: "unmapped" } };
    });
    expect(cause).toEqual({ kind: "killed", signal: 11, core: false });
  });
});

describe("threads", () => {
  const THREAD = 0x3d0f00;

  it("share memory, and a futex wakes the one that waits", () => {
    const machine = new FakeMachine();
    const log: string[] = [];
    machine.run(function* (guest) {
      const word = guest.reserve(4);
      const tid = guest.reserve(4);
      machine.child(function* (inner) {
        log.push("thread");
        inner.space.storeU32(word, 1);
        expect(yield ["futex", word, 1, 1]).toBe(1);
        yield ["exit", 0];
      });
      const id = yield ["clone", THREAD, guest.reserve(4096) + 4096, tid, 0, tid];
      expect(guest.space.loadU32(tid)).toBe(id);
      expect(yield ["futex", word, 0, 0, 0]).toBe(0);
      log.push("woken");
      // The thread's id is zeroed and woken when it ends.
      while (guest.space.loadU32(tid) !== 0) yield ["futex", tid, 0, Number(id), 0];
      expect(yield ["futex", word, 0, 0, 0]).toBe("EAGAIN");
    });
    expect(log).toEqual(["thread", "woken"]);
  });

  it("a futex wait times out", () => {
    const machine = new FakeMachine();
    machine.run(function* (guest) {
      const word = guest.reserve(4);
      const time = guest.reserve(16);
      guest.space.storeU64(time + 8, 5_000_000n);
      expect(yield ["futex", word, 0, 0, time]).toBe("ETIMEDOUT");
    });
  });
});

describe("embedding", () => {
  it("a hook answers a call in the kernel's place, until it is removed", () => {
    const machine = new FakeMachine();
    const remove = machine.kernel.onSystemCall("getuid", ({ arguments: args }) => {
      expect(args).toEqual({});
      return 1234;
    });
    machine.run(function* () {
      expect(yield ["getuid"]).toBe(1234);
      remove();
      expect(yield ["getuid"]).toBe(0);
    });
  });

  it("what lingers after the first process is killed, or runs on", () => {
    for (const lingering of ["kill", "run"] as const) {
      const machine = new FakeMachine({ kernel: { lingering } });
      machine.run(function* () {
        machine.child(function* (child) {
          for (let count = 0; count < 5; count += 1) yield ["sched_yield"];
          yield ["write", 1, child.put("late"), 4];
          yield ["exit_group", 0];
        });
        yield ["clone", 17, 0, 0, 0, 0];
        yield ["exit_group", 1];
      });
      expect(machine.output).toBe(lingering === "run" ? "late" : "");
    }
  });

  it("close ends what is left and closes its files", () => {
    const machine = new FakeMachine();
    machine.run(function* () {
      machine.child(function* () {
        yield ["ppoll", 0, 0, 0, 0, 8];
      });
      yield ["clone", 17, 0, 0, 0, 0];
      yield ["sched_yield"];
      yield ["exit_group", 0];
    });
    expect(machine.kernel.threads.size).toBe(1);
    machine.kernel.close();
    expect(machine.kernel.threads.size).toBe(0);
  });

  it("limits end in error numbers", () => {
    const machine = new FakeMachine({
      kernel: { limits: { threads: 2, files: 5 } },
      fallback: function* () {
        yield ["rt_sigsuspend", 0x100000, 8];
      },
    });
    machine.run(function* (guest) {
      yield ["clone", 17, 0, 0, 0, 0];
      expect(yield ["clone", 17, 0, 0, 0, 0]).toBe("EAGAIN");
      expect(yield ["dup", 1]).toBe(3);
      expect(yield ["dup", 1]).toBe(4);
      expect(yield ["dup", 1]).toBe("EMFILE");
      expect(yield ["pipe2", guest.reserve(8), 0]).toBe("EMFILE");
    });
  });
});

describe("a 32-bit guest", () => {
  it("passes 64-bit offsets in two registers, and has 64-bit times only", () => {
    const machine = new FakeMachine({ wordBytes: 4 });
    machine.run(function* (guest) {
      const fd = Number(yield ["openat", AT_FDCWD, guest.put("/tmp/file"), 0o102, 0o644]);
      expect(yield ["ftruncate", fd, 5, 1]).toBe(0);
      const result = guest.reserve(8);
      expect(yield ["llseek", fd, 0, 0, result, 2]).toBe(0);
      expect(guest.space.loadU64(result)).toBe(0x1_0000_0005n);
      expect(yield ["pwrite64", fd, guest.put("x"), 1, 4, 1]).toBe(1);
      const time = guest.reserve(16);
      expect(yield ["clock_gettime", 0, time]).toBe(0);
      expect(guest.space.loadU64(time)).toBeGreaterThan(1_700_000_000n);
      expect(machine.has("newfstatat")).toBe(false);
    });
  });
});
