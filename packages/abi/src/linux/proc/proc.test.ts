import { expect, it } from "vitest";
import type { GuestView, Result, Step } from "../testing/fake-machine.ts";
import { FakeMachine } from "../testing/fake-machine.ts";

function* contents(guest: GuestView, path: string): Generator<Step, string, Result> {
  const fd = yield ["openat", -100, guest.put(path), 0, 0];
  if (typeof fd === "string") return fd;
  const buffer = guest.reserve(4096);
  const count = yield ["read", fd, buffer, 4096];
  yield ["close", fd];
  return typeof count === "string" ? count : guest.text(buffer, count);
}

function* link(guest: GuestView, path: string): Generator<Step, string, Result> {
  const buffer = guest.reserve(256);
  const count = yield ["readlinkat", -100, guest.put(path), buffer, 256];
  return typeof count === "string" ? count : guest.text(buffer, count);
}

it("/proc shows the process to itself", () => {
  const machine = new FakeMachine();
  machine.run(
    function* (guest) {
      expect(yield* link(guest, "/proc/self")).toBe("100");
      expect(yield* link(guest, "/proc/self/exe")).toBe("/bin/program");
      expect(yield* link(guest, "/proc/self/cwd")).toBe("/");
      expect(yield* contents(guest, "/proc/self/cmdline")).toBe("program\0-a\0");
      expect(yield* contents(guest, "/proc/self/environ")).toBe("X=1\0");
      expect(yield* contents(guest, "/proc/self/comm")).toBe("program\n");
      const stat = yield* contents(guest, "/proc/self/stat");
      expect(stat.split(" ").slice(0, 6)).toEqual(["100", "(program)", "R", "1", "100", "100"]);
      expect(stat.trim().split(" ")).toHaveLength(52);
      expect(yield* contents(guest, "/proc/100/status")).toContain("Pid:\t100\n");
      expect(yield* contents(guest, "/proc/self/maps")).toMatch(/rw-p .* \[stack\]\n/);
      expect(yield* contents(guest, "/proc/mounts")).toContain("proc /proc proc rw,relatime 0 0\n");
      expect(yield* contents(guest, "/proc/sys/kernel/ostype")).toBe("Linux\n");
      expect(yield* contents(guest, "/proc/99/stat")).toBe("ENOENT");
      expect(yield* contents(guest, "/proc/self/fd/9")).toBe("ENOENT");
    },
    { arguments: ["program", "-a"], environment: ["X=1"] },
  );
});

it("a descriptor's link opens the pipe behind it again", () => {
  const machine = new FakeMachine();
  machine.run(function* (guest) {
    const ends = guest.reserve(8);
    yield ["pipe2", ends, 0];
    expect(yield* link(guest, "/proc/self/fd/3")).toMatch(/^pipe:\[\d+\]$/);
    const again = yield ["openat", -100, guest.put("/proc/self/fd/4"), 1, 0];
    expect(again).toBe(5);
    yield ["close", 4];
    yield ["write", 5, guest.put("x"), 1];
    yield ["close", 5];
    const buffer = guest.reserve(8);
    expect(yield ["read", 3, buffer, 8]).toBe(1);
    expect(yield ["read", 3, buffer, 8]).toBe(0);
    // Standard output is the host's stream, which has no place in the tree either.
    expect(yield ["openat", -100, guest.put("/dev/stdout"), 1, 0]).toBe(4);
    yield ["write", 4, guest.put("out"), 3];
  });
  expect(machine.output).toBe("out");
});
