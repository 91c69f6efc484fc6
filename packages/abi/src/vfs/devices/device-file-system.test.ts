import { describe, expect, it } from "vitest";
import { LinuxError } from "../../linux/errno.ts";
import { memoryShell, outcome, type Shell, tickingClock } from "../test-support.ts";
import type { CharacterDevice } from "./character-device.ts";
import { deviceFileSystem } from "./device-file-system.ts";

function shellWithDevices(terminal?: CharacterDevice): Shell {
  const shell = memoryShell();
  let next = 0;
  const fillRandom = (buffer: Uint8Array): void => {
    for (const index of buffer.keys()) buffer[index] = next++;
  };
  const clock = tickingClock();
  const options = terminal === undefined ? {} : { terminal };
  shell.vfs.mount("/dev", deviceFileSystem({ clock, fillRandom, ...options }));
  return shell;
}

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0xaa);

describe("/dev", () => {
  it("has null, zero and full", () => {
    const shell = shellWithDevices();
    const use = { read: true, write: true, truncate: true, create: true };
    const open = (name: string): ReturnType<Shell["open"]> => shell.open(`/dev/${name}`, use);
    const buffer = bytes(3);
    expect([open("null").read(buffer, 0), open("null").write(buffer, 0)]).toEqual([0, 3]);
    expect([open("zero").read(buffer, 9), ...buffer]).toEqual([3, 0, 0, 0]);
    expect(open("full").read(bytes(3), 0)).toBe(3);
    expect(outcome(() => open("full").write(buffer, 0))).toBe("ENOSPC");
    expect(shell.stat("/dev/null")).toMatchObject({ mode: 0o020666, rdev: 0x103 });
  });

  it("has the randomness that is injected", () => {
    const buffer = bytes(4);
    shellWithDevices().open("/dev/urandom").read(buffer, 0);
    expect([...buffer]).toEqual([0, 1, 2, 3]);
  });

  it("has links to the process's descriptors", () => {
    const shell = shellWithDevices();
    expect(shell.vfs.readlink(shell.context, undefined, "/dev/stdin")).toBe("/proc/self/fd/0");
    expect(shell.vfs.readlink(shell.context, undefined, "/dev/fd")).toBe("/proc/self/fd");
  });

  it("has a terminal only if one is given", () => {
    expect(outcome(() => shellWithDevices().open("/dev/tty"))).toBe("ENXIO");
    const log: string[] = [];
    const terminal: CharacterDevice = {
      seekable: false,
      open: ({ read }) => void log.push(`open ${read}`),
      close: () => void log.push("close"),
      read: () => {
        throw new LinuxError("EAGAIN");
      },
      write: (buffer) => buffer.length,
      readiness: () => ({ readable: false, writable: true, hangup: false, error: false }),
      subscribe: () => () => log.push("unsubscribed"),
      ioctl: (request, argument) => {
        argument.write(Uint8Array.of(request));
        return 0;
      },
    };
    const file = shellWithDevices(terminal).open("/dev/tty", { read: true, write: true });
    expect(file.seekable).toBe(false);
    expect(outcome(() => file.read(bytes(1), 0))).toBe("EAGAIN");
    expect(file.readiness().readable).toBe(false);
    const stored: number[] = [];
    const argument = {
      value: 0n,
      read: () => bytes(0),
      write: (data: Uint8Array) => void stored.push(...data),
    };
    expect(file.ioctl(7, argument)).toBe(0);
    expect(stored).toEqual([7]);
    file.subscribe?.(() => {})();
    file.close();
    expect(log).toEqual(["open true", "unsubscribed", "close"]);
  });

  it("refuses ioctls that a device doesn't have, and subscriptions it doesn't need", () => {
    const file = shellWithDevices().open("/dev/null");
    const argument = { value: 0n, read: () => bytes(0), write: () => {} };
    expect(outcome(() => file.ioctl(1, argument))).toBe("ENOTTY");
    expect(file.subscribe).toBeUndefined();
  });
});
