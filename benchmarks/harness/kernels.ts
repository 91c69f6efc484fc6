/** The kernels: C programs in benchmarks/kernels, which time themselves. */

/** The geometric mean that a kernel belongs to. */
export type KernelGroup = "integer" | "floating point";

/** A kernel and how much of it to run. */
export interface Kernel {
  /** The name of its file without `.c`. */
  readonly name: string;
  readonly group: KernelGroup;
  /** Its argument, chosen so that qemu-user takes a third to half of a second. */
  readonly repetitions: number;
}

const integer = {
  arithmetic: 3000,
  "binary-tree": 250,
  bytecode: 100,
  compression: 300,
  crc32: 1500,
  fibonacci: 200,
  "indirect-calls": 8000,
  json: 3500,
  "linked-list": 200,
  "matrix-integer": 750,
  quicksort: 100,
  sha256: 60,
  sieve: 60,
  streaming: 350,
  strings: 650,
};

const floatingPoint = {
  fft: 450,
  mandelbrot: 100,
  "matrix-double": 300,
  "n-body": 250_000,
};

function group(name: KernelGroup, repetitions: Readonly<Record<string, number>>): Kernel[] {
  return Object.entries(repetitions).map(([kernel, count]) => ({
    name: kernel,
    group: name,
    repetitions: count,
  }));
}

/** All kernels. */
export const kernels: readonly Kernel[] = [
  ...group("integer", integer),
  ...group("floating point", floatingPoint),
];
