/** What both engines promise beside the meaning of rows: budgets, breakpoints, counts, errors. */
import { assemble } from "@isovm/decoder";
import {
  bits,
  type EngineFactory,
  extendIsa,
  type Freedom,
  free,
  type Isa,
  instruction,
  intrinsic,
  singleRegister,
  UnsupportedError,
} from "@isovm/isa-spec";
import { bareVm, GuestMemory } from "@isovm/machine";
import { defineHart, rv64 } from "@isovm/riscv";
import { describe, expect, it } from "vitest";
import { BudgetError, interpreter, reference, referenceWith } from "./index.ts";

const plain = rv64();
const { x } = defineHart({ xlen: 64 });
const manual = "none";

const engines: readonly (readonly [string, EngineFactory])[] = [
  ["reference", reference],
  ["interpreter", interpreter],
];

const vmOf = (engine: EngineFactory, text: string, isa: Isa = plain, options = {}) =>
  bareVm({ isa, engine, program: assemble(isa, text, { origin: 0x1000n }), ...options });

describe.each(engines)("%s", (name, engine) => {
  it("has its name", () => {
    expect(vmOf(engine, "nop").engine.name).toBe(name);
  });

  it("stops after exactly as many instructions as it may execute", () => {
    for (const budget of [1, 2, 3, 99]) {
      const vm = vmOf(engine, "loop: addi a0, a0, 1\n j loop");
      expect(vm.run(budget)).toEqual({ kind: "budget" });
      expect(vm.engine.retired).toBe(BigInt(budget));
      expect(vm.state.read("x", 10)).toBe(BigInt(Math.ceil(budget / 2)));
      expect(vm.state.pc).toBe(budget % 2 === 0 ? 0x1000n : 0x1004n);
    }
  });

  it("refuses budgets that are none", () => {
    const vm = vmOf(engine, "nop");
    for (const budget of [0, -1, 1.5, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => vm.run(budget)).toThrow(BudgetError);
    }
    expect(vm.engine.retired).toBe(0n);
  });

  it("counts an instruction that traps, but not as retired", () => {
    const vm = vmOf(engine, "nop\n nop\n ecall\n nop");
    expect(vm.run(2)).toEqual({ kind: "budget" });
    expect(vm.run(1)).toEqual({ kind: "effect", name: "systemCall" });
    expect(vm.run(10)).toEqual({ kind: "effect", name: "systemCall" });
    expect(vm.engine.retired).toBe(2n);
    expect(vm.state.pc).toBe(0x1008n);
  });

  it("tells rows how many instructions came before", () => {
    const vm = vmOf(engine, "nop\n rdinstret a0\n nop\n rdinstret a1");
    vm.run(3);
    vm.run(1);
    expect([vm.state.read("x", 10), vm.state.read("x", 11)]).toEqual([1n, 3n]);
  });

  it("reads the clock that it is given, and zero without one", () => {
    const clock = { time: () => 0x1234_5678_9abc_def0n };
    const vm = vmOf(engine, "rdtime a0", plain, { clock });
    vm.run(1);
    expect(vm.state.read("x", 10)).toBe(0x1234_5678_9abc_def0n);
    const without = vmOf(engine, "rdtime a0");
    without.run(1);
    expect(without.state.read("x", 10)).toBe(0n);
  });

  it("stops before breakpoints, but not at the first instruction of a run", () => {
    const vm = vmOf(engine, "loop: addi a0, a0, 1\n j loop");
    vm.engine.breakpoints.add(0x1000n);
    expect(vm.run(100)).toEqual({ kind: "breakpoint" });
    expect([vm.state.pc, vm.engine.retired]).toEqual([0x1000n, 2n]);
    expect(vm.run(1)).toEqual({ kind: "budget" });
    vm.engine.breakpoints.add(0x1004n);
    expect(vm.run(2)).toEqual({ kind: "breakpoint" });
    expect([vm.state.pc, vm.engine.retired]).toEqual([0x1000n, 4n]);
    vm.engine.breakpoints.clear();
    expect(vm.run(100)).toEqual({ kind: "budget" });
    expect(vm.engine.retired).toBe(104n);
  });

  it("prefers the budget where that and a breakpoint come together, and traps to both", () => {
    const vm = vmOf(engine, "nop\n ecall");
    vm.engine.breakpoints.add(0x1004n);
    expect(vm.run(1)).toEqual({ kind: "budget" });
    expect(vm.run(5)).toEqual({ kind: "effect", name: "systemCall" });
  });

  it("calls the host's functions with unsigned operands and keeps what fits", () => {
    const ask = instruction("ask", "0000000 00000 rs:5 000 rd:5 0001011", {
      operands: { rd: x.destination(), rs: x.source() },
      syntax: "rd, rs",
      semantics: ({ rd, rs }) =>
        rd.write(intrinsic("host", 12, [rs.read(), rs.read().truncate(8)]).zeroExtend(64)),
      manual,
    });
    const isa = extendIsa(plain, { name: "Xask", title: "Asks", instructions: [ask] });
    const seen: (readonly bigint[])[] = [];
    const host = (operands: readonly bigint[]): bigint => {
      seen.push(operands);
      return -1n;
    };
    const vm = vmOf(engine, "li a1, -2\n ask a0, a1", isa, { intrinsics: { host } });
    vm.run(2);
    expect(seen).toEqual([[0xffff_ffff_ffff_fffen, 0xfen]]);
    expect(vm.state.read("x", 10)).toBe(0xfffn);
    const without = vmOf(engine, "ask a0, a1", isa);
    expect(() => without.run(1)).toThrow(UnsupportedError);
  });

  it("has a state that can be kept and put back", () => {
    const vm = vmOf(engine, "addi a0, a0, 1\n j 0x1000");
    vm.run(10);
    const saved = vm.state.save();
    vm.run(11);
    expect(vm.state.read("x", 10)).toBe(11n);
    vm.state.load(saved);
    expect([vm.state.read("x", 10), vm.state.pc]).toEqual([5n, 0x1000n]);
    vm.run(2);
    expect(vm.state.read("x", 10)).toBe(6n);
  });

  it("faults on memory that nobody mapped, and goes on when it is", () => {
    const vm = vmOf(engine, "li a0, 0x5000\n sd a0, 8(a0)\n ld a1, 8(a0)");
    const fault = { kind: "fault", access: "write", address: 0x5008n, reason: "unmapped" };
    expect(vm.run(3)).toEqual(fault);
    expect(vm.run(3)).toEqual(fault);
    vm.memory.map({ start: 0x5000, length: 4096, protection: 3 });
    expect(vm.run(2)).toEqual({ kind: "budget" });
    expect(vm.state.read("x", 11)).toBe(0x5000n);
  });

  it("shares memory with another engine, and no registers", () => {
    const memory = new GuestMemory();
    const space = memory.create(2 ** 32);
    space.map({ start: 0x1000, length: 4096, protection: 7 });
    const program = assemble(plain, "lw a0, 0x40(sp)\n addi a0, a0, 1\n sw a0, 0x40(sp)");
    space.write(0x1000, program.bytes);
    memory.engine.switchTo(space);
    for (const factory of [engine, reference, interpreter]) {
      const other = factory({ isa: plain, memory: memory.engine });
      expect(other.state.pc).toBe(0n);
      other.state.pc = 0x1000n;
      other.state.write("x", 2, 0x1000n);
      expect(other.run(3)).toEqual({ kind: "budget" });
    }
    expect(space.loadU32(0x1040)).toBe(3);
  });
});

describe("the fast interpreter", () => {
  it("counts its pages of records and its slow accesses", () => {
    const vm = vmOf(interpreter, "lw a0, (sp)\n lw a0, 4(sp)\n j 0x1000");
    vm.state.write("x", 2, 0x1000n);
    vm.run(300);
    const { predecodedPages, slowAccesses } = vm.engine.statistics();
    expect(predecodedPages).toBe(1);
    expect(slowAccesses).toBe(1);
  });
});

describe("what a manual leaves open", () => {
  const status = singleRegister("status", 32);
  const leave = instruction("leave", "0000000 00000 00000 010 rd:5 0001011", {
    operands: { rd: x.destination() },
    syntax: "rd",
    semantics: ({ rd }) => {
      rd.write(free("undefined", bits(64, 7)));
      status.write(free("implementationDefined", bits(32, 9)));
    },
    manual,
  });
  const isa = extendIsa(
    { ...plain, registers: [...plain.registers, status.definition] },
    { name: "Xleave", title: "Leaves open", instructions: [leave] },
  );
  const outcome = (engine: EngineFactory): readonly bigint[] => {
    const vm = vmOf(engine, "leave a0", isa);
    vm.run(1);
    return [vm.state.read("x", 10), vm.state.read("status")];
  };

  it("is the row's choice in every engine", () => {
    expect(outcome(reference)).toEqual([7n, 9n]);
    expect(outcome(interpreter)).toEqual([7n, 9n]);
  });

  it("is what a test chooses, by the kind of freedom", () => {
    const asked: [Freedom, bigint, number][] = [];
    const engine = referenceWith({
      free(freedom, choice, width) {
        asked.push([freedom, choice, width]);
        return freedom === "undefined" ? 0n : choice;
      },
    });
    expect(outcome(engine)).toEqual([0n, 9n]);
    expect(asked).toEqual([
      ["undefined", 7n, 64],
      ["implementationDefined", 9n, 32],
    ]);
  });
});
