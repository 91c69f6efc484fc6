/** The console carries bytes both ways, in order. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ConsoleInput, virtioConsole } from "./console.ts";
import { virtioMmio } from "./mmio.ts";
import { register, TestDriver } from "./testing/driver.ts";
import { TestMachine } from "./testing/test-machine.ts";

class Terminal {
  readonly output: number[] = [];
  readonly driver: TestDriver;
  input: ConsoleInput = { receive: () => {}, unreadBytes: 0, resize: () => {} };

  constructor() {
    const machine = new TestMachine(2 ** 20);
    const line = {
      transmit: (byte: number) => void this.output.push(byte),
      attach: (input: ConsoleInput) => {
        this.input = input;
      },
    };
    const device = virtioMmio(virtioConsole(line))(machine.services);
    this.driver = new TestDriver(device, machine).start([8, 8]);
  }
}

const text = (bytes: Iterable<number>): string => new TextDecoder().decode(Uint8Array.from(bytes));
const bytesOf = (characters: string): Uint8Array => new TextEncoder().encode(characters);

describe("virtio-console", () => {
  it("prints what the driver sends", () => {
    const { driver, output } = new Terminal();
    driver.request(1, [bytesOf("hel"), bytesOf("lo")], []);
    driver.request(1, [bytesOf(", world"), new Uint8Array()], [], true);
    expect(text(output)).toBe("hello, world");
    driver.device.write(register.configuration + 8, 4, 0x21n);
    expect(text(output)).toBe("hello, world!");
    expect(driver.machine.events).toEqual([]);
  });

  it("gives the driver all that is typed, whatever comes in between", () => {
    const step = fc.oneof(
      fc.string({ maxLength: 20 }).map((typed) => ({ typed })),
      fc.integer({ min: 1, max: 30 }).map((room) => ({ room })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { driver, input } = new Terminal();
        let expected = "";
        const received: number[] = [];
        const collect = (): void => {
          for (const { bytes, writtenBytes } of driver.collect(0))
            received.push(...bytes.subarray(0, writtenBytes));
        };
        for (const one of steps) {
          if ("typed" in one) {
            input.receive(bytesOf(one.typed));
            expected += one.typed;
          } else if (driver.queue(0).free.length > 0) {
            driver.offer(0, [], [one.room]);
            driver.notify(0);
          }
          collect();
        }
        while (input.unreadBytes > 0) {
          driver.offer(0, [], [50]);
          driver.notify(0);
          collect();
        }
        expect(text(received)).toBe(expected);
      }),
    );
  });

  it("tells the driver the terminal's size", () => {
    const { driver, input } = new Terminal();
    const size = (): unknown => [
      driver.device.read(register.configuration, 2),
      driver.device.read(register.configuration + 2, 2),
    ];
    expect([size(), driver.machine.level]).toEqual([[80n, 24n], false]);
    const generation = driver.get(register.generation);
    input.resize({ columns: 132, rows: 50 });
    expect([size(), driver.machine.level]).toEqual([[132n, 50n], true]);
    expect(driver.get(register.generation)).not.toBe(generation);
    expect(driver.acknowledge()).toBe(2);
    expect(driver.machine.level).toBe(false);
  });

  it("keeps what was not read in its state", () => {
    const { driver, input } = new Terminal();
    input.receive(bytesOf("typed ahead"));
    input.resize({ columns: 100, rows: 30 });
    const state: unknown = JSON.parse(JSON.stringify(driver.device.state()));
    const other = new Terminal();
    other.driver.machine.bytes.set(driver.machine.bytes);
    other.driver.device.restore(state);
    expect(other.input.unreadBytes).toBe(11);
    const { bytes } = other.driver.request(0, [], [11]);
    expect(text(bytes)).toBe("typed ahead");
    expect(other.driver.device.read(register.configuration, 2)).toBe(100n);
  });
});
