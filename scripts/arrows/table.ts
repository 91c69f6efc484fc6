/**
 * Which package may import which: the arrows of docs/architecture.md. A package or an arrow that is
 * not here does not exist; adding an ISA adds its line.
 */

/** How much of a package another one may import. */
export type Arrow =
  /** Anything. */
  | "values"
  /** Types, and `IsovmError` to extend: nothing that does something. */
  | "types";

export const arrows: Readonly<Record<string, Readonly<Record<string, Arrow>>>> = {
  "isa-spec": {},
  decoder: { "isa-spec": "values" },
  wasm: { "isa-spec": "values" },
  interpreter: { "isa-spec": "values", decoder: "values", wasm: "values" },
  translator: { "isa-spec": "values", decoder: "values", wasm: "values" },
  devices: { "isa-spec": "types" },
  abi: { "isa-spec": "types" },
  riscv: { "isa-spec": "values", abi: "types", devices: "types" },
  machine: {
    "isa-spec": "values",
    decoder: "values",
    interpreter: "values",
    translator: "values",
    devices: "values",
    abi: "values",
  },
  testkit: { "isa-spec": "values", decoder: "values", machine: "values" },
  cli: {
    "isa-spec": "values",
    decoder: "values",
    wasm: "values",
    interpreter: "values",
    translator: "values",
    devices: "values",
    abi: "values",
    riscv: "values",
    machine: "values",
    testkit: "values",
  },
};

/** The values that a `types` arrow lets through: what it takes to throw a proper error. */
export const errorBases: ReadonlySet<string> = new Set(["IsovmError"]);

/**
 * What tests of whole machines share. Like the tests it may import any package, and no source that
 * is published may import it.
 */
export const testSupport: RegExp =
  /^packages\/(testkit\/src\/(conformance|system)|riscv\/src\/privileged\/testing)\//;

/** Sources that run on Node only and may import `node:` modules; all others run in a browser too. */
export const nodeOnly: readonly RegExp[] = [
  /^packages\/cli\//,
  /^packages\/(abi|devices)\/src\/node(\.ts|\/)/,
  /^packages\/testkit\/src\/(conformance|debian|oracle)\//,
];
