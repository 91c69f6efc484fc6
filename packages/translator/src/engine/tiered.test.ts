import { assemble } from "@isovm/decoder";
import { interpreter } from "@isovm/interpreter";
import { bareVm } from "@isovm/machine";
import { rv64 } from "@isovm/riscv";
import { expect, it } from "vitest";
import { tiered } from "./tiered.ts";

const isa = rv64();

it("samples a program that calls its host again and again", () => {
  const text = `
    loop: li t0, 20
    wait: addi t0, t0, -1
          bnez t0, wait
          ecall
          j loop`;
  const program = assemble(isa, text, { origin: 0x1000n });
  const vm = bareVm({ isa, engine: tiered(interpreter, { samplePeriod: 100 }), program });
  for (let count = 0; count < 1000; count += 1) {
    expect(vm.run(1000)).toEqual({ kind: "effect", name: "systemCall" });
    vm.state.pc += 4n;
  }
  expect(vm.engine.statistics().executedInRegions).toBeGreaterThan(20_000);
});
