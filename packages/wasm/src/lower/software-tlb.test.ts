/** The software TLB: what hits, what goes the slow way, and what leaves the instruction. */
import {
  type AccessWidth,
  type AlignmentPolicy,
  fromExpression,
  Memory,
  RegisterFile,
  semantics,
} from "@isovm/isa-spec";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { ModuleBuilder } from "../emit/index.ts";
import { lowerSemantics } from "./lowering.ts";
import { RuntimeLibrary } from "./runtime-library.ts";
import { softwareTlb, tlbEntryBytes } from "./software-tlb.ts";
import { ended, place, testTarget } from "./testing/test-engine.ts";

const readTable = 0x2000;
const writeTable = 0x3000;
const entries = 16;
/** The frame of {@link page}, and where the slow path puts what crosses its end. */
const frame = 0x8000;
const bounce = 0x7000;
const faulted = 99;
const page = 0xffff_ffff_0000_5000n;

const widths: readonly AccessWidth[] = [8, 16, 32, 64];
const endians = ["little", "big"] as const;
const policies: readonly AlignmentPolicy[] = ["any", "required"];

const module = new ModuleBuilder({ validate: true });
const readSlow = module.importFunction("slow", "read", ["i64", "i32"], ["i32"]);
const locateSlow = module.importFunction("slow", "locate", ["i64", "i32"], ["i32"]);
const storeSlow = module.importFunction("slow", "store", ["i64", "i64", "i32"], ["i32"]);
module.importMemory("env", "memory", { initial: 1 });
const library = new RuntimeLibrary(module);
const result = new RegisterFile({ name: "r", count: 1, width: 64 }).at(0);
const address = fromExpression(64, { kind: "field", width: 64, name: "f0" });

for (const width of widths) {
  for (const endian of endians) {
    for (const alignment of policies) {
      const memory = new Memory({ addressWidth: 64, endian, alignment });
      const value = fromExpression(width, { kind: "field", width, name: "f1" });
      const bodies = {
        load: () => result.write(memory.load(width, address).zeroExtend(64)),
        store: () => memory.store(width, address, value),
        swap: () => result.write(memory.atomic("swap", width, address, value).zeroExtend(64)),
      };
      for (const [kind, body] of Object.entries(bodies)) {
        const name = `${kind} ${width} ${endian} ${alignment}`;
        const index = module.declareFunction(name, [], ["i32"]);
        module.defineFunction(index, (code) => {
          const strategy = softwareTlb({
            readTable,
            writeTable,
            entries,
            readSlow,
            locateSlow,
            storeSlow,
            fault: (builder) => {
              builder.i32Const(faulted);
              builder.return();
            },
          });
          const target = testTarget(code, undefined, { memory: strategy });
          lowerSemantics(semantics(name, body).body, target, library);
          code.i32Const(ended.next);
        });
        module.exportFunction(name, index);
      }
    }
  }
}

const memory = new WebAssembly.Memory({ initial: 1 });
const view = new DataView(memory.buffer);
/** Calls of the slow path, with what they answer. */
let calls: unknown[][] = [];
let answer = 0;
const slow =
  (name: string) =>
  (at: bigint, ...rest: (bigint | number)[]): number => {
    calls.push([name, BigInt.asUintN(64, at), ...rest]);
    return answer;
  };
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), {
  env: { memory },
  slow: { read: slow("read"), locate: slow("locate"), store: slow("store") },
});

function run(name: string, at: bigint, value = 0n): number {
  view.setBigUint64(place.fields, at, true);
  view.setBigUint64(place.fields + 8, value, true);
  return (exports[name] as () => number)();
}

function enter(table: number): void {
  const entry = table + Number((page >> 12n) % BigInt(entries)) * tlbEntryBytes;
  view.setBigUint64(entry, page, true);
  view.setUint32(entry + 8, (frame - Number(page & 0xffff_ffffn)) >>> 0, true);
}

const loaded = (): bigint => view.getBigUint64(place.registers, true);
const patterns = { little: 0x8877_6655_4433_2211n, big: 0x1122_3344_5566_7788n };
const expected = (width: number, endian: "little" | "big"): bigint =>
  endian === "little" ? BigInt.asUintN(width, patterns.little) : patterns.big >> BigInt(64 - width);

beforeEach(() => {
  new Uint8Array(memory.buffer).fill(0);
  new Uint8Array(memory.buffer).fill(0xff, readTable, readTable + entries * tlbEntryBytes);
  new Uint8Array(memory.buffer).fill(0xff, writeTable, writeTable + entries * tlbEntryBytes);
  calls = [];
  answer = 0;
});

const each = widths.flatMap((width) =>
  endians.flatMap((endian) => policies.map((policy) => ({ width, endian, policy }))),
);

describe.each(each)(
  "$width bits, $endian-endian, alignment $policy",
  ({ width, endian, policy }) => {
    const name = (kind: string): string => `${kind} ${width} ${endian} ${policy}`;
    const sizeBytes = width / 8;
    const size = policy === "required" ? -sizeBytes : sizeBytes;
    const value = expected(width, endian);

    it("loads and stores in a page that the table has, up to its last byte", () => {
      enter(readTable);
      enter(writeTable);
      const offset = 4096 - sizeBytes;
      view.setBigUint64(frame + offset, patterns.little, true);
      expect(run(name("load"), page + BigInt(offset))).toBe(ended.next);
      expect(loaded()).toBe(value);
      expect(run(name("store"), page + 8n, value)).toBe(ended.next);
      expect(view.getBigUint64(frame + 8, true)).toBe(BigInt.asUintN(width, patterns.little));
      expect(calls).toEqual([]);
    });

    it("swaps in place", () => {
      enter(writeTable);
      view.setBigUint64(frame + 16, patterns.little, true);
      expect(run(name("swap"), page + 16n, 0n)).toBe(ended.next);
      expect(loaded()).toBe(value);
      expect(view.getBigUint64(frame + 16, true)).toBe(
        (patterns.little >> BigInt(width)) << BigInt(width),
      );
      expect(calls).toEqual([]);
    });

    it("goes the slow way elsewhere, and takes its answer", () => {
      answer = bounce;
      view.setBigUint64(bounce, patterns.little, true);
      expect(run(name("load"), page)).toBe(ended.next);
      expect(loaded()).toBe(value);
      expect(run(name("swap"), page, value)).toBe(ended.next);
      answer = 1;
      expect(run(name("store"), page, value)).toBe(ended.next);
      const stored = calls.pop() ?? [];
      expect(calls).toEqual([
        ["read", page, size],
        ["locate", page, -sizeBytes],
      ]);
      // The value is given so that storing it little-endian is right.
      const given = BigInt.asUintN(width, stored[2] as bigint);
      expect([stored[0], stored[1], given, stored[3]]).toEqual([
        "store",
        page,
        BigInt.asUintN(width, patterns.little),
        size,
      ]);
    });

    it("leaves the instruction where the slow way fails", () => {
      expect(run(name("load"), page)).toBe(faulted);
      expect(run(name("store"), page, value)).toBe(faulted);
      expect(run(name("swap"), page, value)).toBe(faulted);
      expect(loaded()).toBe(0n);
    });

    it.runIf(width > 8)("goes the slow way across the end of a page, or where misaligned", () => {
      enter(readTable);
      enter(writeTable);
      answer = bounce;
      const across = page + 4096n - BigInt(sizeBytes) + 1n;
      run(name("load"), across);
      run(name("store"), across);
      run(name("swap"), across);
      expect(calls.map(([kind]) => kind)).toEqual(["read", "store", "locate"]);
      calls = [];
      run(name("load"), page + 1n);
      run(name("store"), page + 1n);
      expect(calls.map(([kind]) => kind)).toEqual(policy === "required" ? ["read", "store"] : []);
      calls = [];
      run(name("swap"), page + 1n);
      expect(calls.map(([kind]) => kind)).toEqual(["locate"]);
    });
  },
);

describe("the tables", () => {
  it("are one for reads and one for writes", () => {
    enter(readTable);
    answer = 1;
    run("load 32 little any", page);
    run("store 32 little any", page);
    expect(calls.map(([kind]) => kind)).toEqual(["store"]);
  });

  it("don't take one page for another", () => {
    enter(readTable);
    answer = bounce;
    const pages = fc.bigInt(0n, 2n ** 52n - 1n).map((number) => number << 12n);
    const neighbours = fc.nat(63).map((bit) => page ^ (1n << BigInt(bit)));
    fc.assert(
      fc.property(fc.oneof(pages, neighbours), (other) => {
        calls = [];
        run("load 8 little any", other);
        const isPage = other >> 12n === page >> 12n;
        expect(calls).toEqual(isPage ? [] : [["read", other, 1]]);
      }),
      { numRuns: 1000 },
    );
  });

  it("are not hit at the end of the address space by an empty entry", () => {
    answer = bounce;
    run("load 64 little any", 0xffff_ffff_ffff_fff9n);
    run("load 8 little any", 0xffff_ffff_ffff_ffffn);
    run("load 64 little required", 0xffff_ffff_ffff_ffffn);
    expect(calls).toHaveLength(3);
  });
});
