import { describe, expect, it } from "vitest";
import { bits, concat } from "../builder/bits.ts";
import {
  effect,
  jump,
  nextPc,
  pc,
  repeatWhile,
  semantics,
  trap,
  variable,
  when,
} from "../builder/control.ts";
import { FloatingPoint } from "../builder/floating.ts";
import { Memory } from "../builder/memory.ts";
import { RegisterFile, singleRegister } from "../builder/registers.ts";
import { float } from "../index.ts";
import { printSemantics } from "./print.ts";

const x = new RegisterFile({ name: "x", count: 32, width: 64, zero: 0 });
const flags = singleRegister("flags", 5);
const memory = new Memory({ addressWidth: 64, endian: "little", alignment: "any" });

const print = (body: () => void): string[] => printSemantics(semantics("test", body)).split("\n");

describe("printSemantics", () => {
  it("shows registers, operators and widths", () => {
    expect(
      print(() => {
        const a = x.at(1).read();
        const b = flags.read();
        x.at(2).write(a.sub(3).shiftLeft(b).truncate(32).signExtend(64));
        x.at(3).write(concat(64, a.extract(0, 8), bits(56, -1)));
        x.at(4).write(a.lessSigned(b.zeroExtend(64)).select(a.not(), 0x1000));
        x.at(5).write(a.countLeadingZeros().mulHighUnsigned(a));
      }),
    ).toEqual([
      "t0 = x[1]",
      "t1 = flags",
      "x[2] = sext64(((t0 - 3) << zext64(t1))[31:0])",
      "x[3] = {t0[7:0], -1}",
      "x[4] = (t0 <s zext64(t1)) ? ~t0 : 0x1000",
      "x[5] = mulHighUnsigned(countLeadingZeros(t0), t0)",
    ]);
  });

  it("names what is used more than once, once in each branch that uses it", () => {
    expect(
      print(() => {
        const a = x.at(1).read();
        const sum = a.add(1);
        const square = sum.mul(sum);
        when(
          a.equal(0),
          () => x.at(2).write(square),
          () => x.at(3).write(square),
        );
        x.at(4).write(sum);
      }),
    ).toEqual([
      "t0 = x[1]",
      "if t0 == 0 {",
      "  e0 = t0 + 1",
      "  e1 = e0 * e0",
      "  x[2] = e1",
      "} else {",
      "  e2 = t0 + 1",
      "  e3 = e2 * e2",
      "  x[3] = e3",
      "}",
      "e4 = t0 + 1",
      "x[4] = e4",
    ]);
  });

  it("prints a deeply shared expression in as many lines as it has parts", () => {
    const lines = print(() => {
      let sum = x.at(1).read();
      for (let round = 0; round < 60; round += 1) sum = sum.add(sum);
      x.at(1).write(sum);
    });
    expect(lines).toHaveLength(61);
  });

  it("shows memory, control and loops", () => {
    expect(
      print(() => {
        const address = x.at(1).read();
        const value = memory.load(16, address.add(-8));
        memory.store(8, address, value.truncate(8));
        memory.atomic("minSigned", 32, address, bits(32, 1));
        const counter = variable(bits(8, 3));
        repeatWhile(
          () => counter.get().notEqual(0),
          () => counter.set(counter.get().sub(1)),
        );
        effect("pause");
        when(value.bit(0), () => trap(2));
        jump(pc(64).add(4), "return");
        jump(nextPc(64));
      }),
    ).toEqual([
      "t0 = x[1]",
      "t1 = load16(t0 + -8)",
      "store8(t0, t1[7:0])",
      "t2 = atomic.minSigned32.aligned(t0, 1)",
      "v3 = 3",
      "loop {",
      "  v4 = v3",
      "  leave unless ~(v4 == 0)",
      "  v5 = v3",
      "  v3 = v5 - 1",
      "}",
      "effect pause",
      "if t1[0] {",
      "  trap(2, 0)",
      "}",
      "jump pc + 4 (return)",
      "jump nextPc",
    ]);
  });

  it("shows floating-point operations once for value and flags", () => {
    const unit = new FloatingPoint(float.canonicalFloatPolicy);
    expect(
      print(() => {
        const a = x.at(1).read();
        const sum = unit.add(a, a, { mode: bits(3, 1), accrued: flags.read() });
        x.at(1).write(sum.value);
        flags.write(sum.flags);
      }),
    ).toEqual([
      "t0 = x[1]",
      "t1 = flags",
      "e0 = f64.add(t0, t0, mode: 1, flags: t1)",
      "x[1] = e0.value",
      "flags = e0.flags",
    ]);
  });
});
