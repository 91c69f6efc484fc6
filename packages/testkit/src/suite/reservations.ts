/** Load-reserved and store-conditional: when the store happens, and when it faults. */
import { exitText } from "../differential/bench.ts";
import { codeStart, sandbox } from "../program/layout.ts";
import { check, type EngineUnderTest, type TestFramework } from "./framework.ts";
import { type MemoryRow, memoryRows, Scene } from "./scene.ts";

/** Registers the tests of reservations, if the ISA has them. */
export function describeReservations(
  framework: TestFramework,
  { engine, profile }: EngineUnderTest,
): void {
  const { describe, it } = framework;
  const rows = memoryRows(profile);
  const loads = rows.filter(({ access }) => access.statement === "loadReserved");
  const stores = rows.filter(({ access }) => access.statement === "storeConditional");
  if (loads.length === 0 || stores.length === 0) return;

  describe("a store-conditional", () => {
    const scene = new Scene(profile, engine);
    const at = sandbox.start + 128;
    /** Executes one instruction at an address of memory. */
    const execute = ({ instruction, base }: MemoryRow, address: number, exit = "budget"): void => {
      const { engine: running } = scene.bench;
      scene.place(codeStart, [instruction]);
      scene.write(base, BigInt(address));
      running.state.pc = BigInt(codeStart);
      check("the exit", exitText(running.run(1)), exit);
    };
    const bytesAt = (address: number): string => `${scene.bench.space.read(address, 8)}`;
    const stored = (what: string, store: MemoryRow, address: number, wanted: boolean): void => {
      const before = bytesAt(address);
      execute(store, address);
      check(`${what}: memory changed`, `${bytesAt(address) !== before}`, `${wanted}`);
      const { reservation } = scene.bench.engine.state;
      check(`${what}: the reservation afterwards`, `${reservation}`, "undefined");
    };
    const each = (test: (load: MemoryRow, store: MemoryRow) => void): void => {
      for (const load of loads) {
        const store = stores.find(({ access }) => access.sizeBytes === load.access.sizeBytes);
        if (!store) continue;
        scene.reset();
        test(load, store);
      }
    };

    it("stores to the reserved address, once", () =>
      each((load, store) => {
        execute(load, at);
        stored("the first", store, at, true);
        stored("the second", store, at, false);
      }));

    it("doesn't store without a reservation or elsewhere, and drops it", () =>
      each((load, store) => {
        stored("without one", store, at, false);
        execute(load, at);
        stored("elsewhere", store, at + 64, false);
        stored("then there", store, at, false);
      }));

    it("doesn't store after the host cleared the reservation", () =>
      each((load, store) => {
        execute(load, at);
        check("the reservation", `${scene.bench.engine.state.reservation}`, `${at}`);
        scene.bench.engine.state.reservation = undefined;
        stored("after that", store, at, false);
        scene.bench.engine.state.reservation = BigInt(at);
        stored("with one of the host", store, at, true);
      }));

    it("obeys the address of the last load-reserved", () =>
      each((load, store) => {
        execute(load, at);
        execute(load, at + 64);
        stored("at the first", store, at, false);
        execute(load, at);
        execute(load, at + 64);
        stored("at the last", store, at + 64, true);
      }));

    it("checks permission also if it fails", () =>
      each((load, store) => {
        const address = sandbox.readOnly + 64;
        const fault = `fault: write at 0x${address.toString(16)}: permission`;
        execute(store, address, fault);
        execute(load, at);
        execute(store, address, fault);
        // The fault had no effect: what was reserved still is.
        stored("after the fault", store, at, true);
        execute(load, address);
        execute(store, address, fault);
      }));

    it("fails after a load-reserved that faulted", () =>
      each((load, store) => {
        const fault = `fault: read at 0x${sandbox.end.toString(16)}: unmapped`;
        execute(load, sandbox.end, fault);
        stored("after the fault", store, at, false);
      }));

    it("must be aligned, and says so before anything else", () =>
      each((load, store) => {
        for (const address of [at + 1, sandbox.end + 1]) {
          const text = `0x${address.toString(16)}: misaligned`;
          execute(load, address, `fault: read at ${text}`);
          execute(store, address, `fault: write at ${text}`);
        }
      }));
  });
}
