/** Code that changes: by its own stores, by the host, by mappings that come and go. */
import type { ProcessAddressSpace } from "@isovm/machine";
import fc from "fast-check";
import { instructionWords } from "../arbitraries/instructions.ts";
import { exitText } from "../differential/bench.ts";
import { bytesOf, type EncodedInstruction, encodeRow } from "../program/encoded.ts";
import { codeStart, pageBytes, rights, sandboxMappings } from "../program/layout.ts";
import { type FixedRegister, shapeOf, writesMemory } from "../program/row-shape.ts";
import { check, type EngineUnderTest, type TestFramework } from "./framework.ts";
import { codePages, type MemoryRow, memoryRows, Scene } from "./scene.ts";

const other = codeStart + pageBytes;
const all = rights.read | rights.write | rights.execute;

/** Registers the tests of changing code. */
export function describeChangingCode(
  framework: TestFramework,
  { engine, reference, profile }: EngineUnderTest,
): void {
  const { describe, it } = framework;
  const fenceRow = profile.isa.instructions.find((row) => shapeOf(row).fencesInstructions);
  const data = profile.scratch;
  const stores = memoryRows(profile).flatMap((one) => {
    const dataOperand = operandFor(one, data);
    if (one.access.statement !== "store" || dataOperand === undefined) return [];
    const word = encodeRow(one.row, { [dataOperand]: BigInt(data.register) });
    const bits = one.instruction.bits | word.bits;
    return [{ ...one, instruction: { bits, sizeBytes: word.sizeBytes } }];
  });
  const [set1 = profile.exit] = profile.loop(1).begin;
  const store = stores.find(({ access }) => access.sizeBytes === set1.sizeBytes);
  const storeHalf = stores.find(({ access }) => access.sizeBytes * 2 === set1.sizeBytes);
  if (!fenceRow || !store || profile.loop(1).begin.length !== 1) return;
  const fence = encodeRow(fenceRow, {});
  const set = (value: number): EncodedInstruction => profile.loop(value).begin[0] ?? set1;
  const value = profile.counter;
  const size = set1.sizeBytes;
  const write = store.instruction;

  describe("changed code is executed", () => {
    const scene = new Scene(profile, engine);
    const begin = (running: Scene, code: readonly EncodedInstruction[]): void => {
      running.reset();
      running.place(codeStart, code);
      running.write(value, 0n);
    };
    const start = (code: readonly EncodedInstruction[]): void => begin(scene, code);
    const patch = (address: number, instruction: EncodedInstruction): void => {
      scene.write(store.base, BigInt(address));
      scene.write(data, instruction.bits);
    };
    const sets = (expected: bigint): void => check("the register set", scene.read(value), expected);
    const storeBytes = write.sizeBytes + fence.sizeBytes;

    it("the next instruction, after a fence", () => {
      start([write, fence, set(1), profile.exit]);
      patch(codeStart + storeBytes, set(5));
      scene.runToExit(codeStart, codeStart + storeBytes + size);
      sets(5n);
    });

    it("an instruction that was executed before, again and again", () => {
      start([set(1), write, fence, profile.exit]);
      for (const round of [1n, 2n, 3n, 4n]) {
        patch(codeStart, set(Number(round) + 1));
        scene.runToExit(codeStart, codeStart + size + storeBytes);
        sets(round);
      }
    });

    it("the storing instruction itself", () => {
      if (write.sizeBytes !== size) return;
      start([write, fence, profile.exit]);
      patch(codeStart, set(7));
      scene.runToExit(codeStart, codeStart + storeBytes);
      sets(0n);
      scene.runToExit(codeStart, codeStart + storeBytes);
      sets(7n);
    });

    it("an instruction in another page, executed before", () => {
      start([write, fence, profile.exit]);
      scene.place(other, [set(1), profile.exit]);
      scene.runToExit(other, other + size);
      sets(1n);
      patch(other, set(8));
      scene.runToExit(codeStart, codeStart + storeBytes);
      scene.runToExit(other, other + size);
      sets(8n);
    });

    it("either half of an instruction that lies in two pages", () => {
      const { parcelBytes } = profile.isa.framing;
      if (!storeHalf || parcelBytes * 2 !== size) return;
      const at = other - parcelBytes;
      start([storeHalf.instruction, fence, profile.exit]);
      scene.place(at, [set(1), profile.exit]);
      scene.runToExit(at, at + size);
      sets(1n);
      for (const half of [1, 0]) {
        const changed = set(half === 1 ? 100 : 101);
        const bits = changed.bits >> BigInt(8 * parcelBytes * half);
        scene.write(storeHalf.base, BigInt(at + parcelBytes * half));
        scene.write(data, bits);
        scene.runToExit(codeStart, codeStart + storeHalf.row.sizeBytes + fence.sizeBytes);
        scene.runToExit(at, at + size);
        sets(100n);
      }
    });

    it("by every row that writes, into one page and over its end, as in the reference", () => {
      const scenes = [scene, new Scene(profile, reference)] as const;
      for (const one of memoryRows(profile)) {
        if (!writesMemory(one.access.statement)) continue;
        for (const before of [0, 1, 2, 4, 8]) {
          const address = other - before;
          const ends = scenes.map((running) => {
            begin(running, [withData(one), fence, profile.exit]);
            running.place(other, [set(1), set(2), profile.exit]);
            running.runToExit(other, other + 2 * size);
            running.write(one.base, BigInt(address));
            const { engine: runs } = running.bench;
            runs.state.reservation = BigInt(address);
            runs.state.pc = BigInt(codeStart);
            const stored = exitText(runs.run(2));
            runs.state.pc = BigInt(other);
            return `${stored}, then ${exitText(runs.run(2))} in ${stateText(running)}`;
          });
          const [ours = "", theirs = ""] = ends;
          check(`${one.row.mnemonic} at 0x${address.toString(16)}`, ours, theirs);
        }
      }
    });

    it("either one of two instructions that the ISA calls a frequent pair", () => {
      const scenes = [scene, new Scene(profile, reference)] as const;
      for (const [first, second] of frequentPairs(profile)) {
        const places = [codeStart, codeStart + first.sizeBytes];
        const ends = scenes.map((running) => {
          const lines: string[] = [];
          const run = (): void => {
            running.bench.engine.state.pc = BigInt(codeStart);
            const exit = exitText(running.bench.engine.run(4));
            lines.push(`${exit} in ${stateText(running)}`);
          };
          begin(running, [first, second, profile.exit]);
          for (const holder of profile.sandboxRegisters) {
            running.write(holder, BigInt(sandboxMappings[0]?.start ?? 0));
          }
          run();
          for (const place of places) {
            running.place(place, [profile.exit]);
            run();
            running.place(codeStart, [first, second, profile.exit]);
            run();
          }
          return lines.join("\n");
        });
        const [ours = "", theirs = ""] = ends;
        check(`0x${first.bits.toString(16)}, 0x${second.bits.toString(16)}`, ours, theirs);
      }
    });

    it("what another engine over the same memory writes, which did so before it was code", () => {
      start([write, fence, profile.exit]);
      scene.place(other, [set(1), profile.exit]);
      const { memory, engine: first } = scene.bench;
      const second = engine({ isa: profile.isa, memory });
      const writeBy = (instruction: EncodedInstruction): void => {
        second.state.pc = BigInt(codeStart);
        second.state.write(store.base.file, store.base.register, BigInt(other));
        second.state.write(data.file, data.register, instruction.bits);
        check("the other engine's exit", exitText(second.run(2)), "budget");
      };
      for (const round of [20, 21, 22]) {
        writeBy(set(round));
        scene.runToExit(other, other + size);
        sets(BigInt(round));
      }
      check("the name", first.name, second.name);
    });

    it("what the host writes, between two runs", () => {
      start([set(1), profile.exit]);
      scene.runToExit(codeStart, codeStart + size);
      scene.bench.space.write(codeStart, bytesOf([set(9)], profile.isa.framing.byteOrder));
      scene.runToExit(codeStart, codeStart + size);
      sets(9n);
    });

    it("a page mapped in the place of another one", () => {
      start([set(1), profile.exit]);
      scene.runToExit(codeStart, codeStart + size);
      scene.bench.space.unmap(codeStart, pageBytes);
      const fault = `fault: fetch at 0x${codeStart.toString(16)}: unmapped`;
      scene.run(codeStart, { exit: fault, at: codeStart });
      scene.bench.space.map({ start: codeStart, length: pageBytes, protection: all });
      scene.place(codeStart, [set(10), profile.exit]);
      scene.runToExit(codeStart, codeStart + size);
      sets(10n);
    });

    it("a page that moved", () => {
      start([set(1), profile.exit]);
      scene.place(other, [set(11), profile.exit]);
      scene.runToExit(codeStart, codeStart + size);
      scene.runToExit(other, other + size);
      scene.bench.space.move(other, codeStart, pageBytes);
      scene.runToExit(codeStart, codeStart + size);
      sets(11n);
    });

    it("not in the other address space after a fork, whoever writes", () => {
      start([set(1), write, fence, profile.exit]);
      const end = codeStart + size + storeBytes;
      const parent = scene.bench.space;
      // Executed once, so that the page is known as code before it is shared.
      scene.write(store.base, BigInt(sandboxMappings[0]?.start ?? 0));
      scene.runToExit(codeStart, end);
      const child = parent.fork();
      patch(codeStart, set(12));
      scene.runToExit(codeStart, end);
      scene.runToExit(codeStart, end);
      sets(12n);
      scene.bench.enter(child);
      scene.write(store.base, BigInt(sandboxMappings[0]?.start ?? 0));
      scene.runToExit(codeStart, end);
      sets(1n);
      patch(codeStart, set(13));
      scene.runToExit(codeStart, end);
      scene.runToExit(codeStart, end);
      sets(13n);
      scene.bench.enter(parent);
      scene.write(store.base, BigInt(sandboxMappings[0]?.start ?? 0));
      scene.runToExit(codeStart, end);
      sets(12n);
      child.dispose();
    });

    it("the next instruction, when the store makes a private copy of the running page", () => {
      start([write, fence, set(1), profile.exit]);
      const end = codeStart + storeBytes + size;
      const parent = scene.bench.space;
      const child = parent.fork();
      patch(codeStart + storeBytes, set(14));
      scene.runToExit(codeStart, end);
      sets(14n);
      scene.bench.enter(child);
      scene.write(store.base, BigInt(sandboxMappings[0]?.start ?? 0));
      scene.runToExit(codeStart, end);
      sets(1n);
      scene.bench.enter(parent);
      child.dispose();
    });

    it("in all address spaces that share the page, and through every address", () => {
      const source = sharedBytes();
      const map = (space: ProcessAddressSpace, at: number, protection: number): void =>
        space.map({ start: at, length: pageBytes, protection, source, shared: true });
      start([write, fence, profile.exit]);
      const alias = other + 16 * pageBytes;
      map(scene.bench.space, other, rights.read | rights.execute);
      map(scene.bench.space, alias, rights.read | rights.write);
      scene.bench.space.write(alias, bytesOf([set(1), profile.exit]));
      scene.runToExit(other, other + size);
      sets(1n);
      patch(alias, set(15));
      scene.runToExit(codeStart, codeStart + storeBytes);
      scene.runToExit(other, other + size);
      sets(15n);
      const parent = scene.bench.space;
      const second = scene.bench.newSpace();
      map(second, alias, all);
      scene.bench.enter(second);
      scene.runToExit(alias, alias + size);
      sets(15n);
      second.write(alias, bytesOf([set(16)]));
      scene.bench.enter(parent);
      scene.runToExit(other, other + size);
      sets(16n);
      second.dispose();
    });

    it("the same address in two address spaces, in turns", () => {
      start([set(1), profile.exit]);
      const first = scene.bench.space;
      const second = scene.bench.newSpace();
      second.map({ start: codeStart, length: pageBytes, protection: codePages.rights });
      second.poke(codeStart, bytesOf([set(17), profile.exit]));
      for (let round = 0; round < 3; round += 1) {
        scene.bench.enter(first);
        scene.runToExit(codeStart, codeStart + size);
        sets(1n);
        scene.bench.enter(second);
        scene.runToExit(codeStart, codeStart + size);
        sets(17n);
      }
      first.dispose();
    });
  });
}

/** Some instructions of each pair. */
function frequentPairs(
  profile: EngineUnderTest["profile"],
): readonly (readonly [EncodedInstruction, EncodedInstruction])[] {
  const { instructions, frequentPairs: pairs = {} } = profile.isa;
  const some = (mnemonic: string): readonly EncodedInstruction[] => {
    const row = instructions.find((candidate) => candidate.mnemonic === mnemonic);
    return row ? fc.sample(instructionWords(row), { numRuns: 3, seed: 1 }) : [];
  };
  return Object.entries(pairs).flatMap(([first, seconds]) =>
    seconds.flatMap((second) => {
      const after = some(second);
      return some(first).flatMap((one, index) => {
        const other = after[index];
        return other ? [[one, other] as const] : [];
      });
    }),
  );
}

/** The instruction with a register of some value where it could store the zero register. */
function withData({ row, access, instruction }: MemoryRow): EncodedInstruction {
  const fields = Object.entries(row.operands).flatMap(([name, { text }]) => {
    const isData = text.kind === "register" && text.first === 0 && text.role === "read";
    return isData && !access.baseOperands.includes(name) ? [[name, 1n] as const] : [];
  });
  const { bits } = encodeRow(row, Object.fromEntries(fields));
  return { ...instruction, bits: instruction.bits | bits };
}

/** Program counter and registers in one text. */
function stateText(scene: Scene): string {
  const { pc, registers } = scene.snapshot();
  return `0x${pc.toString(16)} ${[...registers].map((byte) => byte.toString(16)).join(" ")}`;
}

/** The operand by which a row can store the given register: its only one beside the address. */
function operandFor({ row, access }: MemoryRow, { file, register }: FixedRegister) {
  const [only, ...rest] = Object.entries(row.operands).filter(
    ([name, { text }]) => text.kind === "register" && !access.baseOperands.includes(name),
  );
  if (!only || rest.length > 0) return undefined;
  const [name, { text, width }] = only;
  const fits = text.kind === "register" && text.file.name === file && register < 2 ** width;
  return fits && text.first === 0 ? name : undefined;
}

/** A page of bytes as a file that several mappings share. */
function sharedBytes() {
  const bytes = new Uint8Array(pageBytes);
  return {
    name: "/shared",
    inode: 1,
    sizeBytes: pageBytes,
    read: (offset: number, target: Uint8Array): void => {
      target.set(bytes.subarray(offset, offset + target.length));
    },
    write: (offset: number, written: Uint8Array): void => {
      bytes.set(written, offset);
    },
  };
}
