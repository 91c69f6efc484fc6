import { describe, expect, it } from "vitest";
import { FakeMachine } from "../testing/fake-machine.ts";

const READ_WRITE = 3;
const PRIVATE = 0x22;
const SHARED = 0x21;
const FIXED = 0x10;

describe("memory", () => {
  it("is mapped top-down, protected, moved and unmapped", () => {
    const machine = new FakeMachine();
    machine.run(function* (guest) {
      const first = Number(yield ["mmap", 0, 8192, READ_WRITE, PRIVATE, -1, 0]);
      const second = Number(yield ["mmap", 0, 4096, READ_WRITE, PRIVATE, -1, 0]);
      expect(second).toBe(first - 4096);
      guest.space.storeU32(first, 42);
      expect(yield ["mprotect", first, 4096, 1]).toBe(0);
      expect(() => guest.space.storeU32(first, 1)).toThrow();
      const moved = Number(yield ["mremap", first, 4096, 16384, 1, 0]);
      expect(guest.space.loadU32(moved)).toBe(42);
      expect(yield ["munmap", moved, 16384]).toBe(0);
      expect(() => guest.space.loadU32(moved)).toThrow();
      expect(yield ["mmap", 0, 0, READ_WRITE, PRIVATE, -1, 0]).toBe("EINVAL");
      expect(yield ["mmap", 1, 4096, READ_WRITE, PRIVATE | FIXED, -1, 0]).toBe("EINVAL");
      expect(yield ["mmap", 0, 2 ** 48, READ_WRITE, PRIVATE, -1, 0]).toBe("ENOMEM");
      expect(yield ["mprotect", second + 4096, 8192, 1]).toBe("ENOMEM");
    });
  });

  it("the heap grows and shrinks, and keeps away from what is mapped", () => {
    const machine = new FakeMachine();
    machine.run(function* (guest) {
      const start = Number(yield ["brk", 0]);
      expect(yield ["brk", start + 10_000]).toBe(start + 10_000);
      guest.space.storeU8(start + 9_999, 1);
      yield ["mmap", start + 0x10000, 4096, READ_WRITE, PRIVATE | FIXED, -1, 0];
      expect(yield ["brk", start + 0x11000]).toBe(start + 10_000);
      expect(yield ["brk", start]).toBe(start);
      expect(() => guest.space.loadU8(start)).toThrow();
    });
  });

  it("shared mappings reach children and files, and read(2) sees their stores", () => {
    const machine = new FakeMachine({ files: { "tmp/file": { contents: "abcdef" } } });
    machine.run(function* (guest) {
      yield ["openat", -100, guest.put("/tmp/file"), 2, 0];
      const file = Number(yield ["mmap", 0, 4096, READ_WRITE, 1, 3, 0]);
      const anonymous = Number(yield ["mmap", 0, 4096, READ_WRITE, SHARED, -1, 0]);
      expect(guest.text(file, 6)).toBe("abcdef");
      machine.child(function* (child) {
        child.space.write(anonymous, new TextEncoder().encode("child"));
        child.space.write(file, new TextEncoder().encode("X"));
        yield ["exit_group", 0];
      });
      yield ["clone", 17, 0, 0, 0, 0];
      yield ["wait4", -1, 0, 0, 0];
      expect(guest.text(anonymous, 5)).toBe("child");
      const buffer = guest.reserve(8);
      expect(yield ["pread64", 3, buffer, 8, 0]).toBe(6);
      expect(guest.text(buffer, 6)).toBe("Xbcdef");
      yield ["pwrite64", 3, guest.put("Y"), 1, 1];
      expect(guest.text(file, 3)).toBe("XYc");
    });
  });
});
