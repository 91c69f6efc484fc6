/**
 * The 16550A serial port with its FIFOs. What is sent leaves at once, so that the transmitter is
 * always empty; what is received is paced by the guest. The line carries whole bytes, whatever LCR
 * says, without noise: no parity and framing errors, no breaks. DMA mode has no pins to show at.
 *
 * @see https://www.ti.com/lit/ds/symlink/pc16550d.pdf PC16550D, 8: registers; 8.8: FIFO interrupt mode
 */
import type { AccessBytes, Device, DeviceServices, InterruptLine } from "../device.ts";
import { StateReader } from "../state-reader.ts";
import { Receiver, type ReceiverSettings } from "./receiver.ts";
import {
  enable,
  fifoControl,
  fifosEnabled,
  interrupt,
  lineControl,
  lineStatus,
  modemControl,
  modemStatus,
  register,
  triggerLevels,
} from "./registers.ts";

/** The guest's end of a serial line, as the host sees it. */
export interface SerialInput {
  /** Sends bytes to the guest. What it has no room for waits, in order. */
  receive(bytes: Uint8Array): void;
  /** Bytes that the guest has not read yet: what to hold back by. */
  readonly unreadBytes: number;
}

/** The host's end of a serial line. */
export interface SerialLine {
  /** Takes a byte from the guest, in the midst of its store. */
  transmit(byte: number): void;
  /** Is given the other end once the port is built. */
  attach?(input: SerialInput): void;
}

/** The port of {@link uart16550}. */
export interface Uart16550 extends Device, SerialInput {}

/** What {@link uart16550} can be told. */
export interface Uart16550Options {
  /** The clock that the divisor divides: 3,686,400 Hz by default. Only timeouts depend on it. */
  readonly clockHz?: number;
}

/**
 * The factory of a 16550A serial port on a line of the host. Registers are bytes; wider accesses
 * reach the one at their offset, the upper bytes read as zero.
 */
export function uart16550(
  line: SerialLine,
  { clockHz = 3_686_400 }: Uart16550Options = {},
): (services: DeviceServices) => Uart16550 {
  return (services) => {
    const uart = new Uart(services, line, clockHz);
    line.attach?.(uart);
    return uart;
  };
}

/** All registers but the receiver's. */
interface Registers {
  interruptEnable: number;
  fifoControl: number;
  lineControl: number;
  modemControl: number;
  scratch: number;
  divisor: number;
  /** The errors of LSR that wait to be read. */
  lineErrors: number;
  /** The lower half of MSR. */
  modemChanges: number;
  /** The transmitter became empty and nobody has been told yet. */
  sent: boolean;
}

const powerOn: Registers = {
  interruptEnable: 0,
  fifoControl: 0,
  lineControl: 0,
  modemControl: 0,
  scratch: 0,
  divisor: 0,
  lineErrors: 0,
  modemChanges: 0,
  sent: false,
};

class Uart implements Uart16550, ReceiverSettings {
  readonly name: string = "uart16550";
  readonly sizeBytes: number = 8;
  readonly #interrupt: InterruptLine;
  readonly #line: SerialLine;
  readonly #clockHz: number;
  readonly #receiver: Receiver;
  #registers: Registers = { ...powerOn };

  constructor(services: DeviceServices, line: SerialLine, clockHz: number) {
    this.#interrupt = services.interrupt();
    this.#line = line;
    this.#clockHz = clockHz;
    this.#receiver = new Receiver(services.clock, this, () => this.#update());
  }

  get unreadBytes(): number {
    return this.#receiver.unreadBytes;
  }

  get hasFifos(): boolean {
    return (this.#registers.fifoControl & fifoControl.enable) !== 0;
  }

  get loops(): boolean {
    return (this.#registers.modemControl & modemControl.loop) !== 0;
  }

  get characterNanos(): bigint {
    const { lineControl: control, divisor } = this.#registers;
    const stopBits = (control & lineControl.twoStopBits) === 0 ? 1 : 2;
    const parityBits = (control & lineControl.parity) === 0 ? 0 : 1;
    const bits = 6 + (control & lineControl.lengthMask) + parityBits + stopBits;
    return BigInt(Math.ceil((bits * 16 * (divisor || 1) * 1e9) / this.#clockHz));
  }

  receive(bytes: Uint8Array): void {
    this.#receiver.receive(bytes);
    this.#update();
  }

  read(offset: number, _width: AccessBytes): bigint | undefined {
    const value = this.#readRegister(offset);
    this.#update();
    return value === undefined ? undefined : BigInt(value);
  }

  write(offset: number, _width: AccessBytes, value: bigint): boolean {
    const isRegister = this.#writeRegister(offset, Number(value & 0xffn));
    this.#update();
    return isRegister;
  }

  state(): unknown {
    return { ...this.#registers, ...this.#receiver.state() };
  }

  restore(state: unknown): void {
    const reader = new StateReader(this.name, state);
    const byte = (key: keyof Registers): number => reader.natural(key, 0xff);
    const registers: Registers = {
      interruptEnable: byte("interruptEnable"),
      fifoControl: byte("fifoControl"),
      lineControl: byte("lineControl"),
      modemControl: byte("modemControl"),
      scratch: byte("scratch"),
      divisor: reader.natural("divisor", 0xffff),
      lineErrors: byte("lineErrors"),
      modemChanges: byte("modemChanges"),
      sent: reader.boolean("sent"),
    };
    const restoreReceiver = this.#receiver.reading(reader);
    this.#registers = registers;
    restoreReceiver();
    this.#update();
  }

  reset(): void {
    this.#registers = { ...powerOn };
    this.#receiver.reset();
    this.#update();
  }

  #readRegister(offset: number): number | undefined {
    const registers = this.#registers;
    switch (offset) {
      case register.data:
        return this.#hasDivisorLatch ? registers.divisor & 0xff : this.#receiver.take();
      case register.interruptEnable:
        return this.#hasDivisorLatch ? registers.divisor >> 8 : registers.interruptEnable;
      case register.identification:
        return this.#identify();
      case register.lineControl:
        return registers.lineControl;
      case register.modemControl:
        return registers.modemControl;
      case register.lineStatus: {
        const ready = this.#receiver.length > 0 ? lineStatus.dataReady : 0;
        const status = registers.lineErrors | ready | lineStatus.transmitEmpty;
        registers.lineErrors = 0;
        return status;
      }
      case register.modemStatus: {
        const status = this.#modemLevels() | registers.modemChanges;
        registers.modemChanges = 0;
        return status;
      }
      case register.scratch:
        return registers.scratch;
      default:
        return undefined;
    }
  }

  #writeRegister(offset: number, value: number): boolean {
    const registers = this.#registers;
    switch (offset) {
      case register.data:
        if (this.#hasDivisorLatch) registers.divisor = (registers.divisor & 0xff00) | value;
        else this.#send(value);
        return true;
      case register.interruptEnable:
        if (this.#hasDivisorLatch) registers.divisor = (registers.divisor & 0xff) | (value << 8);
        else this.#setInterruptEnable(value & 0xf);
        return true;
      case register.identification:
        this.#controlFifos(value);
        return true;
      case register.lineControl:
        registers.lineControl = value;
        return true;
      case register.modemControl:
        this.#controlModem(value & modemControl.all);
        return true;
      case register.scratch:
        registers.scratch = value;
        return true;
      // For factory tests only; Linux never writes them.
      case register.lineStatus:
      case register.modemStatus:
        return true;
      default:
        return false;
    }
  }

  get #hasDivisorLatch(): boolean {
    return (this.#registers.lineControl & lineControl.divisorLatch) !== 0;
  }

  #send(byte: number): void {
    if (!this.loops) this.#line.transmit(byte);
    else if (!this.#receiver.arrive(byte)) this.#registers.lineErrors |= lineStatus.overrun;
    this.#registers.sent = true;
  }

  #setInterruptEnable(value: number): void {
    const added = value & ~this.#registers.interruptEnable;
    // Asking to be told while the transmitter is empty is told at once.
    if ((added & enable.transmitEmpty) !== 0) this.#registers.sent = true;
    this.#registers.interruptEnable = value;
  }

  #controlFifos(value: number): void {
    const isOn = (value & fifoControl.enable) !== 0;
    const isSwitched = isOn !== this.hasFifos;
    const isAsked = (bit: number): boolean => isSwitched || (isOn && (value & bit) !== 0);
    // The other bits count only in a write that has the enabling one.
    this.#registers.fifoControl = isOn ? value & 0xc1 : 0;
    if (isAsked(fifoControl.clearReceiver)) this.#receiver.clear();
    if (isAsked(fifoControl.clearTransmitter)) this.#registers.sent = true;
  }

  #controlModem(value: number): void {
    const before = this.#modemLevels();
    this.#registers.modemControl = value;
    const after = this.#modemLevels();
    const { cts, dsr, dcd, ri } = modemStatus;
    const changed = ((before ^ after) & (cts | dsr | dcd)) | (before & ~after & ri);
    this.#registers.modemChanges |= changed >> 4;
    this.#receiver.refill();
  }

  /** The upper half of MSR: a modem that is always ready, or our own outputs in loopback. */
  #modemLevels(): number {
    const { cts, dsr, ri, dcd } = modemStatus;
    if (!this.loops) return cts | dsr | dcd;
    const control = this.#registers.modemControl;
    return (
      ((control & modemControl.rts) !== 0 ? cts : 0) |
      ((control & modemControl.dtr) !== 0 ? dsr : 0) |
      ((control & modemControl.out1) !== 0 ? ri : 0) |
      ((control & modemControl.out2) !== 0 ? dcd : 0)
    );
  }

  /** A read of IIR: if it names the empty transmitter, that has been told. */
  #identify(): number {
    const code = this.#pendingInterrupt();
    if (code === interrupt.transmitEmpty) this.#registers.sent = false;
    return code | (this.hasFifos ? fifosEnabled : 0);
  }

  #pendingInterrupt(): number {
    const { interruptEnable, lineErrors, modemChanges, sent } = this.#registers;
    const isEnabled = (bit: number): boolean => (interruptEnable & bit) !== 0;
    if (isEnabled(enable.lineStatus) && lineErrors !== 0) return interrupt.lineStatus;
    if (isEnabled(enable.received)) {
      if (this.#receiver.timedOut) return interrupt.timeout;
      if (this.#receiver.length >= this.#triggerLevel) return interrupt.received;
    }
    if (isEnabled(enable.transmitEmpty) && sent) return interrupt.transmitEmpty;
    if (isEnabled(enable.modemStatus) && modemChanges !== 0) return interrupt.modemStatus;
    return interrupt.none;
  }

  get #triggerLevel(): number {
    return this.hasFifos ? (triggerLevels[this.#registers.fifoControl >> 6] ?? 1) : 1;
  }

  #update(): void {
    this.#interrupt.set(this.#pendingInterrupt() !== interrupt.none);
  }
}
