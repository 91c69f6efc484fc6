/** Statements do what their definition says: random semantics, in Wasm and by the model. */
import {
  type AccessWidth,
  atomicOperators,
  type Bits,
  bits,
  effect,
  FloatingPoint,
  fence,
  float,
  fromExpression,
  illegal,
  intrinsic,
  jump,
  Memory,
  nextPc,
  pc,
  RegisterFile,
  repeatWhile,
  retired,
  type Statement,
  semantics,
  trap,
  variable,
  when,
} from "@isovm/isa-spec";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModuleBuilder } from "../emit/index.ts";
import { lowerSemantics } from "./lowering.ts";
import { RuntimeLibrary } from "./runtime-library.ts";
import { compile, ended, Model, place, testTarget } from "./testing/test-engine.ts";

/** What to record next: `kind` says what, the numbers choose among what there is. */
interface Step {
  readonly kind: (typeof kinds)[number];
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly then: readonly Step[];
  readonly otherwise: readonly Step[];
}
const kinds = [
  "operate",
  "compare",
  "resize",
  "select",
  "read",
  "write",
  "load",
  "store",
  "atomic",
  "compareAndSwap",
  "loadReserved",
  "storeConditional",
  "assign",
  "intrinsic",
  "fence",
  "when",
  "loop",
  "end",
] as const;

const steps: fc.Memo<Step[]> = fc.memo((depth) => {
  const nested = depth <= 1 ? fc.constant<Step[]>([]) : steps(depth - 1);
  return fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      x: fc.nat(1000),
      y: fc.nat(1000),
      z: fc.nat(1000),
      then: nested,
      otherwise: nested,
    }),
    { maxLength: 8 },
  );
});

const widths = [1, 8, 13, 16, 32, 40, 64];
const accessWidths: readonly AccessWidth[] = [8, 16, 32, 64];
const registers = new RegisterFile({ name: "r", count: 8, width: 64 });
const memories = (["little", "big"] as const).map(
  (endian) => new Memory({ addressWidth: 64, endian, alignment: "any" }),
);

function pick<T>(list: readonly T[], number: number): T {
  const found = list[number % list.length];
  if (found === undefined) throw new RangeError("nothing to pick from");
  return found;
}

function resized<W extends number>(value: Bits, width: W, signed = false): Bits<W> {
  if (value.width >= width) return value.truncate(width);
  return signed ? value.signExtend(width) : value.zeroExtend(width);
}

/** Records steps; values made in a nested list are not used behind it. */
function record(list: readonly Step[], outer: readonly Bits[]): void {
  const pool = [...outer];
  for (const step of list) {
    const { x, y, z } = step;
    const [a, b] = [pick(pool, x), pick(pool, y)];
    const word = (value: Bits): Bits<64> => resized(value, 64, z % 2 === 1);
    const memory = pick(memories, z);
    const width = pick(accessWidths, z >> 1);
    const register = registers.at(z % 3 === 0 ? resized(b, 3) : z % 8);
    switch (step.kind) {
      case "operate": {
        const other = resized(b, a.width, z % 2 === 1);
        pool.push(
          pick(
            [a.add(other), a.sub(other), a.xor(other), a.shiftLeft(other), a.divSigned(other)],
            z,
          ),
        );
        break;
      }
      case "compare":
        pool.push(z % 2 === 0 ? a.lessSigned(resized(b, a.width)) : a.equal(resized(b, a.width)));
        break;
      case "resize":
        pool.push(resized(a, pick(widths, y), z % 2 === 1));
        break;
      case "select":
        pool.push(resized(a, 1).select(b, resized(pick(pool, z), b.width)));
        break;
      case "read":
        pool.push(register.read());
        break;
      case "write":
        register.write(word(a));
        break;
      case "load":
        pool.push(memory.load(width, word(a)));
        break;
      case "store":
        memory.store(width, word(a), resized(b, width));
        break;
      case "atomic":
        pool.push(memory.atomic(pick(atomicOperators, z), width, word(a), resized(b, width)));
        break;
      case "compareAndSwap": {
        const expected = z % 3 === 0 ? memory.load(width, word(a)) : resized(b, width);
        pool.push(memory.compareAndSwap(width, word(a), expected, resized(b, width)));
        break;
      }
      case "loadReserved":
        pool.push(memory.loadReserved(width, word(a)));
        break;
      case "storeConditional":
        pool.push(memory.storeConditional(width, word(a), resized(b, width)));
        break;
      case "assign": {
        const slot = variable(a);
        when(resized(b, 1), () => slot.set(resized(b, a.width)));
        pool.push(slot.get());
        break;
      }
      case "intrinsic":
        pool.push(intrinsic("mix", pick(widths, z), [a, b]));
        break;
      case "fence":
        fence(bits(4, 15), resized(a, 4));
        break;
      case "when":
        when(
          resized(a, 1),
          () => record(step.then, pool),
          step.otherwise.length > 0 ? () => record(step.otherwise, pool) : undefined,
        );
        break;
      case "loop": {
        const left = variable(bits(8, z % 4));
        repeatWhile(
          () => left.get().notEqual(0),
          () => {
            left.set(left.get().sub(1));
            record(step.then, [...pool, left.get()]);
          },
        );
        break;
      }
      case "end":
        // Mostly not taken, so that what follows counts.
        when(resized(a, 4).equal(z % 16), () =>
          pick(
            [
              () => trap(resized(a, 8), word(b)),
              () => trap(y, word(b)),
              () => illegal(),
              () => effect("stop"),
              () => jump(word(b)),
              () => jump(resized(b, 32)),
            ],
            y,
          )(),
        );
        break;
    }
  }
}

const field = (number: number, width: number): Bits =>
  fromExpression(width, { kind: "field", width, name: `f${number}` });

function bodyOf(list: readonly Step[]): readonly Statement[] {
  return semantics("random", () =>
    record(list, [
      field(0, 1),
      field(1, 12),
      field(2, 32),
      field(3, 64),
      pc(64),
      pc(32),
      nextPc(64),
      retired(),
      bits(64, 8),
    ]),
  ).body;
}

describe("semantics", () => {
  it("do in Wasm what they mean", () => {
    const usedBytes = place.guest + place.guestBytes;
    const state = fc.uint8Array({ minLength: 0x200, maxLength: 0x200 });
    fc.assert(
      fc.property(fc.array(steps(3), { minLength: 8, maxLength: 8 }), state, (lists, random) => {
        const bodies = lists.map(bodyOf);
        const { memory, functions } = compile(bodies);
        const bytes = new Uint8Array(memory.buffer);
        bytes.set(random.subarray(0, 64), place.registers);
        bytes.set(random.subarray(256), place.guest);
        const fields = new DataView(memory.buffer, place.fields);
        const fieldBits = new DataView(random.buffer, random.byteOffset + 64);
        [1, 12, 32, 64].forEach((width, index) => {
          const value = BigInt.asUintN(width, fieldBits.getBigUint64(8 * index, true));
          fields.setBigUint64(8 * index, value, true);
        });
        bodies.forEach((body, index) => {
          const model = new Model(bytes.subarray(0, usedBytes));
          const how = model.run(body);
          expect(functions[index]?.()).toBe(how);
          const [left, right] = [bytes, model.bytes].map((all) => all.subarray(0, usedBytes));
          if (left && right && !left.every((byte, at) => byte === right[at])) {
            expect([...left]).toEqual([...right]);
          }
        });
      }),
      { numRuns: 80 },
    );
  });

  it("compute both results of a floating-point operation at once", () => {
    const unit = new FloatingPoint(float.canonicalFloatPolicy);
    const { body } = semantics("float", () => {
      const sum = unit.add(bits(64, 1), bits(64, 2), { mode: bits(3, 4), accrued: bits(5, 16) });
      registers.at(0).write(sum.flags.zeroExtend(64));
      when(sum.flags.bit(0), () => registers.at(1).write(sum.value));
    });
    const operations: string[] = [];
    const module = new ModuleBuilder({ validate: true });
    module.addMemory({ initial: 1 });
    const declared = module.declareFunction("f", [], ["i32"]);
    module.defineFunction(declared, (code) => {
      const target = testTarget(code, undefined, {
        float({ operator, operands }) {
          operations.push(`${operator} ${operands.length}`);
          // From the stack: both operands, the mode, the accrued flags.
          code.i32Add();
          const mode = code.local("i32");
          code.localSet(mode);
          code.i64Add();
          code.localGet(mode);
        },
      });
      lowerSemantics(body, target, new RuntimeLibrary(module));
      code.i32Const(ended.next);
    });
    module.exportFunction("f", declared);
    module.exportMemory("memory");
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()));
    const run = exports.f as () => number;
    expect(run()).toBe(ended.next);
    expect(operations).toEqual(["add 2"]);
    const view = new DataView((exports.memory as WebAssembly.Memory).buffer, place.registers);
    expect(view.getBigUint64(0, true)).toBe(20n);
    expect(view.getBigUint64(8, true)).toBe(0n);
  });

  it("refuse accesses of a width that no memory has", () => {
    const access = {
      address: bits(64, 0).expression,
      width: 24,
      endian: "little",
      alignment: "any",
    } as const;
    const result = { id: 0, width: 24 };
    expect(() => compile([[{ kind: "load", result, access }]])).toThrow(/a load of 24 bits/);
    expect(() => compile([[{ kind: "store", access, value: bits(24, 0).expression }]])).toThrow(
      /a store of 24 bits/,
    );
  });
});
