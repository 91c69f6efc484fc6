import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deviceLaws } from "../device-laws.ts";
import { type Uart16550, uart16550 } from "../index.ts";
import { type TestServices, testServices } from "../test-support.ts";
import { register } from "./registers.ts";

const {
  data,
  interruptEnable,
  identification,
  lineControl,
  modemControl,
  lineStatus,
  modemStatus,
  scratch,
} = register;

interface Port extends TestServices {
  readonly uart: Uart16550;
  readonly sent: number[];
  write(register: number, value: number): boolean;
  read(register: number): number;
  receive(text: string): void;
}

function port(): Port {
  const services = testServices();
  const sent: number[] = [];
  const uart = uart16550({ transmit: (byte) => void sent.push(byte) })(services);
  return {
    ...services,
    uart,
    sent,
    write: (register, value) => uart.write(register, 1, BigInt(value)),
    read: (register) => Number(uart.read(register, 1)),
    receive: (text) => uart.receive(new TextEncoder().encode(text)),
  };
}

function readText({ read }: Port): string {
  let text = "";
  while ((read(lineStatus) & 1) === 1) text += String.fromCharCode(read(data));
  return text;
}

/** 115,200 baud, 8 bits, FIFOs on with a trigger level by its code. */
function configure({ write }: Port, trigger: number): void {
  write(lineControl, 0x83);
  write(data, 2);
  write(interruptEnable, 0);
  write(lineControl, 3);
  write(identification, (trigger << 6) | 7);
}

const fourCharactersNanos = 347_224n;

describe("the 16550A", () => {
  deviceLaws<Uart16550>({
    device: uart16550({ transmit() {} }),
    offsets: [0, 1, 2, 3, 4, 5, 6, 7],
    host: (uart, number) => uart.receive(new Uint8Array(number % 20).fill(number)),
  });

  it("sends at once and is always ready to", () => {
    const { write, read, sent } = port();
    expect(read(lineStatus)).toBe(0x60);
    for (const byte of [1, 0x80, 0xff]) write(data, byte);
    expect(sent).toEqual([1, 0x80, 0xff]);
    expect(read(lineStatus)).toBe(0x60);
  });

  it("hands its other end to the line", () => {
    let unread = (): number => -1;
    const uart = uart16550({
      transmit() {},
      attach(input) {
        input.receive(Uint8Array.of(1, 2));
        unread = () => input.unreadBytes;
      },
    })(testServices());
    expect(unread()).toBe(2);
    expect(uart.read(data, 1)).toBe(1n);
    expect(unread()).toBe(1);
  });

  it("loses nothing that the host sends, however fast", () => {
    const chunk = fc.record({ receive: fc.uint8Array({ maxLength: 50 }) });
    const reads = fc.record({ read: fc.nat(40) });
    const fifos = fc.record({ fifoTrigger: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(fc.oneof(chunk, reads, fifos)), (steps) => {
        const { uart, read, write } = port();
        const expected: number[] = [];
        const got: number[] = [];
        write(identification, 1);
        for (const step of steps) {
          if ("receive" in step) {
            expected.push(...step.receive);
            uart.receive(step.receive);
          } else if ("read" in step) {
            for (let count = 0; count < step.read && (read(lineStatus) & 1) === 1; count++)
              got.push(read(data));
          } else {
            write(identification, (step.fifoTrigger << 6) | 1);
          }
          expect(uart.unreadBytes).toBe(expected.length - got.length);
        }
        while ((read(lineStatus) & 1) === 1) got.push(read(data));
        expect(got).toEqual(expected);
      }),
    );
  });

  it("interrupts exactly while IIR names a reason", () => {
    const step = fc.oneof(
      fc.record({ write: fc.nat(7), value: fc.nat(255) }),
      fc.record({ read: fc.nat(7) }),
      fc.record({ receive: fc.uint8Array({ maxLength: 20 }) }),
      fc.record({ advance: fc.bigInt(0n, 10_000_000n) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { uart, read, write, levels, clock } = port();
        for (const step of steps) {
          if ("write" in step) write(step.write, step.value);
          else if ("read" in step) read(step.read);
          else if ("receive" in step) uart.receive(step.receive);
          else clock.advance(step.advance);
          const isRaised = levels[0] === true;
          // Reading clears the reason "transmitter empty": the level is taken before.
          expect((read(identification) & 1) === 0).toBe(isRaised);
        }
      }),
    );
  });

  it("interrupts at the trigger level, and below it after four characters' time", () => {
    for (const [code, level] of [1, 4, 8, 14].entries()) {
      const device = port();
      const { read, write, levels, clock, receive } = device;
      configure(device, code);
      write(interruptEnable, 1);
      if (level > 1) {
        receive("x".repeat(level - 1));
        expect([levels[0], read(identification)]).toEqual([false, 0xc1]);
        clock.advance(fourCharactersNanos - 1n);
        expect(levels[0]).toBe(false);
        clock.advance(1n);
        expect([levels[0], read(identification)]).toEqual([true, 0xcc]);
      }
      receive("y");
      expect([levels[0], read(identification)]).toEqual([true, level > 1 ? 0xcc : 0xc4]);
      read(data);
      expect([levels[0], read(identification)]).toEqual([false, 0xc1]);
      clock.advance(fourCharactersNanos);
      expect(levels[0]).toBe(level > 1);
    }
  });

  it("has one byte without FIFOs, and no timeout", () => {
    const device = port();
    const { read, write, levels, clock, receive } = device;
    write(interruptEnable, 1);
    receive("ab");
    expect([levels[0], read(identification)]).toEqual([true, 4]);
    expect(String.fromCharCode(read(data))).toBe("a");
    expect([levels[0], read(identification)]).toEqual([true, 4]);
    expect(readText(device)).toBe("b");
    expect([levels[0], String.fromCharCode(read(data))]).toEqual([false, "b"]);
    expect(clock.next).toBeUndefined();
  });

  it("clears what is in the FIFO and not what waits for it", () => {
    const device = port();
    configure(device, 0);
    device.receive("0123456789abcdefrest");
    device.write(identification, 0x03);
    expect(readText(device)).toBe("rest");
    device.receive("again");
    device.write(identification, 0);
    expect(readText(device)).toBe("");
  });

  it("tells once that the transmitter is empty", () => {
    const { read, write, levels } = port();
    write(interruptEnable, 2);
    expect(levels[0]).toBe(true);
    expect(read(identification)).toBe(2);
    expect([levels[0], read(identification)]).toEqual([false, 1]);
    write(data, 0x41);
    expect([levels[0], read(identification)]).toEqual([true, 2]);
    write(interruptEnable, 0);
    write(interruptEnable, 2);
    expect(levels[0]).toBe(true);
    write(interruptEnable, 2);
    read(identification);
    write(interruptEnable, 2);
    expect(levels[0]).toBe(false);
  });

  it("loops back its bytes and its modem lines", () => {
    const device = port();
    const { read, write, receive, sent } = device;
    configure(device, 0);
    expect(read(modemStatus)).toBe(0xb0);
    write(modemControl, 0x1a); // What Linux looks for a port with.
    expect(read(modemStatus) & 0xf0).toBe(0x90);
    expect(read(modemStatus)).toBe(0x90);
    for (const byte of [1, 2, 3]) write(data, byte);
    receive("later");
    expect(readText(device)).toBe("\x01\x02\x03");
    expect(sent).toEqual([]);
    write(modemControl, 0x0b);
    expect(readText(device)).toBe("later");
  });

  it("overruns in loopback only, and says so once", () => {
    const device = port();
    const { read, write, levels } = device;
    configure(device, 3);
    write(modemControl, 0x10);
    write(interruptEnable, 4);
    for (let byte = 0; byte < 17; byte++) write(data, byte);
    expect([levels[0], read(identification)]).toEqual([true, 0xc6]);
    expect(read(lineStatus)).toBe(0x63);
    expect([levels[0], read(lineStatus)]).toEqual([false, 0x61]);
    expect(readText(device)).toBe(String.fromCharCode(...Array(16).keys()));
    write(identification, 0);
    for (const byte of [1, 2]) write(data, byte);
    expect(read(lineStatus)).toBe(0x63);
    expect(readText(device)).toBe("\x02");
  });

  it("tells which modem lines changed, and of the ring its end", () => {
    const { read, write, levels } = port();
    write(modemControl, 0x10);
    read(modemStatus);
    write(interruptEnable, 8);
    write(modemControl, 0x14);
    expect([levels[0], read(modemStatus)]).toEqual([false, 0x40]);
    write(modemControl, 0x11);
    expect([levels[0], read(identification)]).toEqual([true, 0]);
    expect(read(modemStatus)).toBe(0x26);
    expect([levels[0], read(modemStatus)]).toEqual([false, 0x20]);
  });

  it("keeps the divisor behind its latch, and the scratch register", () => {
    const { read, write, sent } = port();
    write(lineControl, 0x80);
    write(data, 0x34);
    write(interruptEnable, 0x12);
    expect([read(data), read(interruptEnable)]).toEqual([0x34, 0x12]);
    write(lineControl, 0x03);
    expect([read(data), read(interruptEnable), read(lineControl)]).toEqual([0, 0, 3]);
    write(scratch, 0xa5);
    expect(read(scratch)).toBe(0xa5);
    write(modemControl, 0xff);
    expect(read(modemControl)).toBe(0x1f);
    write(interruptEnable, 0xff);
    expect(read(interruptEnable)).toBe(0x0f);
    expect(sent).toEqual([]);
  });

  it("answers wider accesses with the register at their offset", () => {
    const { uart, sent } = port();
    expect(uart.write(0, 4, 0x1234_5678n)).toBe(true);
    expect(sent).toEqual([0x78]);
    expect(uart.read(4, 4)).toBe(0n);
    expect(uart.read(8, 1)).toBeUndefined();
    expect(uart.write(8, 1, 0n)).toBe(false);
  });
});
