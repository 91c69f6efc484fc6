import { describe, expect, it } from "vitest";
import type { HostServices } from "../host-services.ts";
import { FakeMachine } from "../testing/fake-machine.ts";

const TCGETS = 0x5401;
const TCSETS = 0x5402;
const TIOCGPGRP = 0x540f;
const TIOCSPGRP = 0x5410;
const TIOCGWINSZ = 0x5413;
const SIGINT = 2;
const SIGTTIN = 21;

interface Keys {
  typed: Uint8Array;
  raw: boolean[];
  output: string;
}

function terminal(): { keys: Keys; host: (host: HostServices) => HostServices } {
  const keys: Keys = { typed: new Uint8Array(0), raw: [], output: "" };
  const sink = {
    isTerminal: true,
    write: (bytes: Uint8Array) => {
      keys.output += new TextDecoder().decode(bytes);
      return true;
    },
  };
  return {
    keys,
    host: (host) => ({
      ...host,
      stdin: {
        isTerminal: true,
        read: (length) => {
          const bytes = keys.typed.subarray(0, length);
          keys.typed = keys.typed.subarray(length);
          return bytes;
        },
        available: () => keys.typed.length,
      },
      stdout: sink,
      stderr: sink,
      terminal: {
        windowSize: () => ({ rows: 50, columns: 132 }),
        setRaw: (raw) => keys.raw.push(raw),
      },
    }),
  };
}

describe("the terminal", () => {
  it("has a size, modes and a foreground group", () => {
    const { host, keys } = terminal();
    const machine = new FakeMachine({ host });
    machine.run(function* (guest) {
      const buffer = guest.reserve(64);
      expect(yield ["ioctl", 0, TIOCGWINSZ, buffer]).toBe(0);
      expect(guest.space.loadU16(buffer)).toBe(50);
      expect(guest.space.loadU16(buffer + 2)).toBe(132);
      expect(yield ["ioctl", 0, TIOCGPGRP, buffer]).toBe(0);
      expect(guest.space.loadU32(buffer)).toBe(100);
      expect(yield ["ioctl", 1, TCGETS, buffer]).toBe(0);
      guest.space.storeU32(buffer + 12, guest.space.loadU32(buffer + 12) & ~2);
      expect(yield ["ioctl", 1, TCSETS, buffer]).toBe(0);
      yield ["write", 2, guest.put("to the terminal"), 15];
    });
    expect(keys.raw).toEqual([true]);
    expect(keys.output).toBe("to the terminal");
  });

  it("the interrupt key ends the foreground group in raw mode", () => {
    const { host, keys } = terminal();
    const machine = new FakeMachine({ host });
    keys.typed = Uint8Array.of(3);
    const cause = machine.run(function* (guest) {
      const buffer = guest.reserve(64);
      yield ["ioctl", 0, TCGETS, buffer];
      guest.space.storeU32(buffer + 12, guest.space.loadU32(buffer + 12) & ~2);
      yield ["ioctl", 0, TCSETS, buffer];
      yield ["read", 0, buffer, 10];
      throw new Error("still alive");
    });
    expect(cause).toEqual({ kind: "killed", signal: SIGINT, core: false });
  });

  it("stops a background job that reads, until it is brought to the foreground", () => {
    const { host, keys } = terminal();
    const machine = new FakeMachine({ host });
    machine.run(function* (guest) {
      const status = guest.reserve(4);
      let isRead = false;
      machine.child(function* (child) {
        yield ["setpgid", 0, 0];
        const buffer = child.reserve(16);
        expect(yield ["read", 0, buffer, 16]).toBe(4);
        isRead = true;
        yield ["exit_group", 0];
      });
      const pid = Number(yield ["clone", 17, 0, 0, 0, 0]);
      expect(yield ["wait4", pid, status, 2, 0]).toBe(pid);
      expect(guest.space.loadU32(status)).toBe((SIGTTIN << 8) | 0x7f);
      expect(isRead).toBe(false);
      guest.space.storeU32(status, pid);
      expect(yield ["ioctl", 0, TIOCSPGRP, status]).toBe(0);
      keys.typed = new TextEncoder().encode("line");
      expect(yield ["kill", -pid, 18]).toBe(0);
      expect(yield ["wait4", pid, status, 0, 0]).toBe(pid);
      expect(guest.space.loadU32(status)).toBe(0);
      expect(isRead).toBe(true);
    });
  });

  it("/dev/tty is the terminal", () => {
    const { host } = terminal();
    const machine = new FakeMachine({ host });
    machine.run(function* (guest) {
      expect(yield ["openat", -100, guest.put("/dev/tty"), 2, 0]).toBe(3);
      expect(yield ["ioctl", 3, TIOCGPGRP, guest.reserve(4)]).toBe(0);
    });
  });
});
