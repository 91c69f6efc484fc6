/**
 * What the Linux personality takes from its host: clocks, randomness and the three standard
 * streams. Everything is injected, so a run with deterministic services is deterministic.
 */

/** Clocks in nanoseconds. Both must never go backwards within a run. */
export interface HostClock {
  /** Nanoseconds since an arbitrary point (CLOCK_MONOTONIC, CLOCK_BOOTTIME). A number: 104 days fit exactly. */
  monotonicNanos(): number;
  /** Nanoseconds since 1970-01-01 UTC (CLOCK_REALTIME). */
  realtimeNanos(): bigint;
  /**
   * Sets a clock that doesn't pass by itself to a monotonic time, at which the next thread of an
   * otherwise idle guest wakes; absent for clocks of the real world.
   */
  skipTo?(monotonicNanos: number): void;
}

/** A source of random bytes for getrandom(2), /dev/urandom and AT_RANDOM. */
export type RandomSource = (target: Uint8Array) => void;

/** Rows and columns of a terminal window. */
export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

/** Bytes that the host feeds to the guest (standard input). Never blocks. */
export interface HostInput {
  /** Whether it is a terminal: then the guest sees a tty with line discipline. */
  readonly isTerminal: boolean;
  /**
   * Up to `length` bytes that are there now: an empty array means "nothing yet", undefined means end
   * of input. When more arrives after an empty answer the host calls the kernel's `inputReady()`.
   */
  read(length: number): Uint8Array | undefined;
  /** Bytes ready to be read without waiting; 0 when none. End of input counts as ready: `Infinity`. */
  available(): number;
}

/** Where the guest's standard output or error goes. Never blocks; the bytes may be kept until `write` returns only. */
export interface HostOutput {
  readonly isTerminal: boolean;
  /** Takes all bytes. Returns false when the reader has gone (the guest gets EPIPE and SIGPIPE). */
  write(bytes: Uint8Array): boolean;
}

/** The terminal that the standard streams may be connected to. */
export interface HostTerminal {
  /** The window's size now, for `TIOCGWINSZ`. */
  windowSize(): WindowSize;
  /** Called when the guest switches the line discipline: raw input means the host should not echo or buffer lines. */
  setRaw?(raw: boolean): void;
}

/** All that the kernel needs of its host. */
export interface HostServices {
  readonly clock: HostClock;
  readonly random: RandomSource;
  readonly stdin: HostInput;
  readonly stdout: HostOutput;
  readonly stderr: HostOutput;
  readonly terminal?: HostTerminal | undefined;
}
