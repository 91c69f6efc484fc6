/** Every access of every row at every kind of place where it fails. */
import { exitText } from "../differential/bench.ts";
import {
  codeStart,
  type Mapping,
  pageBytes,
  rights,
  sandbox,
  sandboxMappings,
} from "../program/layout.ts";
import { type AccessShape, shapeOf, writesMemory } from "../program/row-shape.ts";
import { check, type EngineUnderTest, type TestFramework } from "./framework.ts";
import { codePages, type MemoryRow, memoryRows, Scene } from "./scene.ts";

interface Place {
  readonly name: string;
  readonly address: (sizeBytes: number) => number;
}

/** What Linux never gives a RISC-V process, but an engine can be given. */
const writeOnly: Mapping = {
  start: sandbox.end + 16 * pageBytes,
  length: pageBytes,
  rights: rights.write,
};

const places: readonly Place[] = [
  { name: "mapped memory", address: () => sandbox.start + 64 },
  { name: "memory that can only be read", address: () => sandbox.readOnly + 64 },
  { name: "memory without rights", address: () => sandbox.forbidden + 64 },
  { name: "nothing", address: () => sandbox.end + 64 },
  { name: "an odd address", address: () => sandbox.start + 65 },
  { name: "the end of a page", address: (size) => sandbox.start + pageBytes - size },
  { name: "two pages", address: () => sandbox.start + pageBytes - 1 },
  { name: "a page and one that can only be read", address: () => sandbox.readOnly - 1 },
  { name: "a page and one without rights", address: () => sandbox.forbidden - 1 },
  { name: "two pages of which only the first is mapped", address: () => sandbox.end - 1 },
  { name: "memory that can only be written", address: () => writeOnly.start + 64 },
  { name: "nothing and a page", address: () => sandbox.start - 1 },
];

/** Registers the tests of faults. */
export function describeFaults(
  framework: TestFramework,
  { engine, profile }: EngineUnderTest,
): void {
  const { describe, it } = framework;
  const { isa } = profile;
  describe("an access that fails has no effect and names the first byte at fault", () => {
    const scene = new Scene(profile, engine);
    for (const memoryRow of memoryRows(profile)) {
      it(memoryRow.row.mnemonic, () => {
        for (const place of places) accessAt(scene, memoryRow, place);
      });
    }
  });

  describe("an instruction that can't be fetched", () => {
    const scene = new Scene(profile, engine);
    const nop = profile.nops[0] ?? profile.exit;
    const at = codeStart + pageBytes - isa.framing.parcelBytes;

    it("lies in memory without a right to execute", () => {
      scene.reset([{ ...codePages, rights: 3 }]);
      scene.place(codeStart, [nop]);
      const fault = `fault: fetch at 0x${codeStart.toString(16)}: permission`;
      scene.run(codeStart, { exit: fault, at: codeStart });
    });

    it("isn't mapped", () => {
      scene.reset();
      const fault = `fault: fetch at 0x${sandbox.end.toString(16)}: unmapped`;
      scene.run(sandbox.end, { exit: fault, at: sandbox.end });
    });

    it("begins at the end of a page whose next one is missing", () => {
      const second = codeStart + pageBytes;
      for (const row of isa.instructions) {
        if (row.sizeBytes === isa.framing.parcelBytes) continue;
        scene.reset([{ ...codePages, length: pageBytes }]);
        scene.place(at, [{ bits: row.pattern.match, sizeBytes: isa.framing.parcelBytes }]);
        const fault = `fault: fetch at 0x${second.toString(16)}: unmapped`;
        scene.run(at, { exit: fault, at });
      }
    });

    it("begins at the end of a page whose next one can't be executed", () => {
      const second = codeStart + pageBytes;
      scene.reset([
        { ...codePages, length: pageBytes },
        { start: second, length: pageBytes, rights: 3 },
      ]);
      if (nop.sizeBytes === isa.framing.parcelBytes) return;
      scene.place(at, [nop, profile.exit]);
      const fault = `fault: fetch at 0x${second.toString(16)}: permission`;
      scene.run(at, { exit: fault, at });
      // Once it can, the same instruction is executed.
      scene.bench.space.protect(second, pageBytes, 7);
      scene.runToExit(at, at + nop.sizeBytes);
      scene.bench.space.protect(second, pageBytes, 3);
      scene.run(at, { exit: fault, at });
    });

    it("is reached with the budget that leads to it, and not before", () => {
      scene.reset([{ ...codePages, length: pageBytes }]);
      const start = codeStart + pageBytes - 2 * nop.sizeBytes;
      const end = codeStart + pageBytes;
      scene.place(start, [nop, nop]);
      const { engine: running } = scene.bench;
      running.state.pc = BigInt(start);
      check("two instructions", exitText(running.run(2)), "budget");
      check("the program counter", running.state.pc, BigInt(end));
      const fault = `fault: fetch at 0x${end.toString(16)}: unmapped`;
      scene.run(start, { exit: fault, at: end }, 3);
      scene.run(end, { exit: fault, at: end }, 1);
    });
  });

  it("all rows have been found out about", () => {
    const rows = isa.instructions.filter((row) => shapeOf(row).accesses.length > 0);
    check("rows with an access", `${memoryRows(profile).length}`, `${rows.length}`);
  });
}

function accessAt(scene: Scene, { row, access, base, instruction }: MemoryRow, place: Place): void {
  scene.reset([codePages, ...sandboxMappings, writeOnly]);
  const address = place.address(access.sizeBytes);
  scene.place(codeStart, [instruction]);
  scene.write(base, BigInt(address));
  scene.bench.engine.state.reservation = BigInt(sandbox.start + 8);
  scene.bench.engine.state.pc = BigInt(codeStart);
  const expected = expectedFault(scene, access, address);
  const what = `${row.mnemonic} at ${place.name}`;
  if (expected !== undefined) {
    scene.stopsWithoutTrace(what, expected);
    return;
  }
  const exit = scene.bench.engine.run(1);
  check(what, exitText(exit), "budget");
  check(what, scene.bench.engine.state.pc, BigInt(codeStart + row.sizeBytes));
}

function expectedFault(scene: Scene, shape: AccessShape, address: number): string | undefined {
  const { statement, sizeBytes, alignment } = shape;
  const access = writesMemory(statement) ? "write" : "read";
  if (alignment === "required" && address % sizeBytes !== 0) {
    return `fault: ${access} at 0x${address.toString(16)}: misaligned`;
  }
  for (let offset = 0; offset < sizeBytes; offset += 1) {
    const reason = scene.bench.faultAt(BigInt(address + offset), access);
    if (reason) return `fault: ${access} at 0x${(address + offset).toString(16)}: ${reason}`;
  }
  return undefined;
}
