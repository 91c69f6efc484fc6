/** Offsets, bits and codes of the 16550A's registers (PC16550D, 8, table II). */

/** Offsets; the two of the divisor latch take the place of 0 and 1 while LCR's bit 7 is set. */
export const register = {
  /** RBR on reads, THR on writes. */
  data: 0,
  interruptEnable: 1,
  /** IIR on reads, FCR on writes. */
  identification: 2,
  lineControl: 3,
  modemControl: 4,
  lineStatus: 5,
  modemStatus: 6,
  scratch: 7,
} as const;

/** IER. */
export const enable = { received: 1, transmitEmpty: 2, lineStatus: 4, modemStatus: 8 } as const;

/** IIR: codes in the order of their priority; bits 6 and 7 say that the FIFOs are on. */
export const interrupt = {
  lineStatus: 0x06,
  received: 0x04,
  timeout: 0x0c,
  transmitEmpty: 0x02,
  modemStatus: 0x00,
  none: 0x01,
} as const;
export const fifosEnabled = 0xc0;

/** FCR. */
export const fifoControl = { enable: 1, clearReceiver: 2, clearTransmitter: 4 } as const;
/** Characters in the receiver's FIFO at which it interrupts, by FCR's bits 6 and 7. */
export const triggerLevels = [1, 4, 8, 14] as const;
export const fifoBytes = 16;

/** LCR. */
export const lineControl = {
  lengthMask: 3,
  twoStopBits: 4,
  parity: 8,
  divisorLatch: 0x80,
} as const;

/** MCR; the upper three bits don't exist. */
export const modemControl = { dtr: 1, rts: 2, out1: 4, out2: 8, loop: 0x10, all: 0x1f } as const;

/** LSR. */
export const lineStatus = { dataReady: 1, overrun: 2, transmitEmpty: 0x60 } as const;

/** MSR: levels in the upper half, what changed since the last read in the lower one. */
export const modemStatus = { cts: 0x10, dsr: 0x20, ri: 0x40, dcd: 0x80 } as const;
