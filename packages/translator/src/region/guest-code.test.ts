import { assemble } from "@isovm/decoder";
import { type EngineMemory, type MemoryListener, translationFault } from "@isovm/isa-spec";
import { rv64 } from "@isovm/riscv";
import { expect, it } from "vitest";
import { GuestCode } from "./guest-code.ts";

const isa = rv64();
const page = 0x1000;
/** Number of a page in the upper half of the address space. */
const highPage = 2n ** 52n - 0x1000n;

/** Memory with a page in each of two contexts at one address, and what was marked as code. */
function twoContexts() {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const listeners: MemoryListener[] = [];
  const marks: number[] = [];
  const frames = [0x2000, 0x3000];
  const state = { context: 0 };
  const put = (frame: number, text: string): void =>
    new Uint8Array(memory.buffer).set(assemble(isa, text, { origin: BigInt(page) }).bytes, frame);
  const engineMemory: EngineMemory = {
    memory,
    contexts: 2,
    get context() {
      return state.context;
    },
    allocate: () => 0,
    release() {},
    translate: (address) =>
      [1n, 8n, highPage].includes(address >> 12n)
        ? (frames[state.context] ?? 0)
        : translationFault.unmapped,
    markCode: (frame) => void marks.push(frame),
    isCode: (frame) => marks.includes(frame),
    wrote() {},
    attach: (listener) => void listeners.push(listener),
  };
  const code = new GuestCode(isa, engineMemory);
  return { code, frames, listeners, marks, put, state };
}

it("is shared by contexts that have the same frame, and only by those", () => {
  const { code, frames, listeners, put, state } = twoContexts();
  put(0x2000, "addi a0, a0, 1");
  put(0x3000, "addi a0, a0, 2");
  const first = code.at(page);
  state.context = 1;
  const second = code.at(page);
  expect(second?.instruction).not.toBe(first?.instruction);
  expect(code.has(first ? [first] : [])).toBe(false);
  frames[1] = 0x2000;
  for (const listener of listeners) listener.mappingChanged(1, 1, 1);
  expect(code.at(page)).toBe(first);
});

it("is read anew at another address of the same frame", () => {
  const { code, put } = twoContexts();
  put(0x2000, "j 0x1010");
  expect(code.at(page)?.jumps).toEqual([0x1010]);
  expect(code.at(8 * page)?.jumps).toEqual([0x8010]);
  expect(code.at(page)?.jumps).toEqual([0x1010]);
});

it("is marked again when its frame has lost its mark", () => {
  const { code, listeners, marks, put } = twoContexts();
  put(0x2000, "addi a0, a0, 1");
  code.at(page);
  expect(marks).toEqual([0x2000]);
  marks.length = 0;
  for (const listener of listeners) {
    listener.codeWritten(0x2000, 0, 4096);
    listener.codeUnmarked?.(0x2000);
  }
  code.at(page);
  expect(marks).toEqual([0x2000]);
});

it("is looked for where it lies now, in the upper half of the address space, too", () => {
  const { code, frames, listeners, put } = twoContexts();
  put(0x2000, "addi a0, a0, 1");
  put(0x3000, "addi a0, a0, 2");
  const pc = -0x1000 * 0x1000;
  const first = code.at(pc);
  expect(first?.frame).toBe(0x2000);
  frames[0] = 0x3000;
  for (const listener of listeners) listener.mappingChanged(Number(highPage) + 1, 1);
  expect(code.at(pc)).toBe(first);
  for (const listener of listeners) listener.mappingChanged(Number(highPage), 1);
  expect(code.at(pc)?.frame).toBe(0x3000);
});
