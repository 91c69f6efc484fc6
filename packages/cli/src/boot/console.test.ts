import { expect, it, vi } from "vitest";
import type { CommandIo } from "../io/command-io.ts";
import { Console } from "./console.ts";

function streams(input: string, isTerminal: boolean) {
  let left = new TextEncoder().encode(input);
  const written: string[] = [];
  const raw: boolean[] = [];
  const io = {
    stdin: {
      isTerminal,
      available: () => left.length,
      read(length: number) {
        const bytes = left.subarray(0, length);
        left = left.subarray(bytes.length);
        return bytes;
      },
      onReady: () => () => {},
    },
    stdout: { write: (bytes: Uint8Array) => written.push(new TextDecoder().decode(bytes)) > 0 },
    setRaw: (isRaw: boolean) => raw.push(isRaw),
  } as unknown as CommandIo;
  return { io, written, raw };
}

it("writes what the guest sends in pieces, the last one when it is closed", async () => {
  const { io, written } = streams("", false);
  const console = new Console(io, () => {});
  console.write(new TextEncoder().encode("one"));
  console.transmit(0x21);
  expect(written).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(written).toEqual(["one!"]);
  console.write(new Uint8Array(8193).fill(0x61));
  expect(written.length).toBe(2);
  console.close();
  expect(written.map(({ length }) => length)).toEqual([4, 8192, 1]);
});

it("has isovm's keys at a terminal only, which is raw for the time", () => {
  for (const isTerminal of [true, false]) {
    const { io, raw } = streams("a\x01x", isTerminal);
    const commands: string[] = [];
    const received: number[] = [];
    const console = new Console(io, (command) => commands.push(command));
    console.attach({ receive: (bytes) => void received.push(...bytes), unreadBytes: 0 });
    console.open();
    console.close();
    expect(commands).toEqual(isTerminal ? ["end"] : []);
    expect(received).toEqual(isTerminal ? [0x61] : [0x61, 1, 0x78]);
    expect(raw).toEqual(isTerminal ? [true, false] : [false]);
  }
});

it("gives a virtio console the keys and the terminal's size, as it is and as it changes", () => {
  for (const isTerminal of [true, false]) {
    const { io } = streams("key", isTerminal);
    let size = { columns: 80, rows: 24 };
    let signal: ((number: number) => void) | undefined;
    const watched = {
      ...io,
      windowSize: () => size,
      onSignal(listener: (number: number) => void) {
        signal = listener;
        return () => {
          signal = undefined;
        };
      },
    };
    const [serial, virtio, sizes]: [number[], number[], unknown[]] = [[], [], []];
    const console = new Console(watched, () => {}, "virtio");
    console.attach({ receive: (bytes) => void serial.push(...bytes), unreadBytes: 0 });
    console.virtio.attach?.({
      receive: (bytes) => void virtio.push(...bytes),
      unreadBytes: 0,
      resize: (now) => void sizes.push(now),
    });
    console.open();
    expect([serial, String.fromCharCode(...virtio)]).toEqual([[], "key"]);
    size = { columns: 132, rows: 50 };
    signal?.(28);
    signal?.(1);
    console.close();
    expect(sizes).toEqual(isTerminal ? [{ columns: 80, rows: 24 }, size] : []);
    expect(signal).toBeUndefined();
  }
});

it("holds input back until the guest has read some", () => {
  vi.useFakeTimers();
  try {
    const { io } = streams("x".repeat(6000), false);
    const line = {
      unread: 0,
      unreadBytes: 0,
      receive(bytes: Uint8Array) {
        this.unreadBytes += bytes.length;
      },
    };
    const console = new Console(io, () => {});
    console.attach(line);
    console.open();
    expect(line.unreadBytes).toBe(4096);
    line.unreadBytes = 0;
    vi.advanceTimersByTime(100);
    expect(line.unreadBytes).toBe(6000 - 4096);
    console.close();
  } finally {
    vi.useRealTimers();
  }
});
