import { assemble } from "@isovm/decoder";
import type { EngineFactory, Isa } from "@isovm/isa-spec";
import { bareVm } from "@isovm/machine";
import { rv64 } from "@isovm/riscv";
import { expect, it } from "vitest";
import { interpreter, interpreterWith } from "./engine.ts";
import type { InterpreterPrograms } from "./kept-program.ts";

class Kept implements InterpreterPrograms {
  readonly values = new Map<string, Uint8Array<ArrayBuffer>>();
  found = 0;

  find(name: string): Uint8Array<ArrayBuffer> | undefined {
    const value = this.values.get(name);
    if (value) this.found += 1;
    return value;
  }

  keep(name: string, bytes: Uint8Array): void {
    this.values.set(name, Uint8Array.from(bytes));
  }
}

/** Fused pairs, jumps, a rounding that native floating point hasn't, an intrinsic, an effect. */
const text = `
  li t0, 3
loop:
  addi t0, t0, -1
  bnez t0, loop
  li a0, 7
  fcvt.d.w fa0, a0
  li a1, 3
  fcvt.d.w fa1, a1
  fdiv.d fa2, fa0, fa1, rup
  rdtime a2
  ecall`;

function run(isa: Isa, engine: EngineFactory): unknown {
  const program = assemble(isa, text, { origin: 0x1000n });
  const vm = bareVm({ isa, engine, program, clock: { time: () => 77n } });
  return { exits: [vm.run(5), vm.run(100)], state: [...vm.state.save()] };
}

it("an interpreter that was kept does what the generated one does", () => {
  const kept = new Kept();
  const expected = run(rv64(), interpreter);
  expect(run(rv64(), interpreterWith(kept))).toEqual(expected);
  expect(kept.found).toBe(0);
  expect(run(rv64(), interpreterWith(kept))).toEqual(expected);
  expect(kept.found).toBe(1);
  expect(kept.values.size).toBe(1);
});

it("an ISA of other rows, or another place of the context, has one of its own", () => {
  const kept = new Kept();
  const create = interpreterWith(kept);
  const isa = rv64();
  run(isa, create);
  const name = (instructions: Isa["instructions"]): Isa => ({ ...isa, instructions });
  run(name(isa.instructions.filter(({ mnemonic }) => mnemonic !== "xor")), create);
  expect(kept.values.size).toBe(2);
  const program = assemble(isa, text, { origin: 0x1000n });
  bareVm({ isa, engine: create, program, memory: [{ start: 0x10_0000, length: 0x100_0000 }] });
  expect(kept.found).toBe(0);
});
