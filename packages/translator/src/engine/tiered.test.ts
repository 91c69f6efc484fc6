import { assemble } from "@isovm/decoder";
import { interpreter } from "@isovm/interpreter";
import { bareVm } from "@isovm/machine";
import { rv64 } from "@isovm/riscv";
import { expect, it } from "vitest";
import type { KeptModule } from "../store/kept-module.ts";
import type { KeptProfile } from "../store/kept-profile.ts";
import type { Translations } from "../store/translations.ts";
import { type TieredOptions, tiered } from "./tiered.ts";

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

/** A loop whose load crosses a page. */
const leaving = `
        li   s0, 30000
        li   a1, 0x2ffc
  loop: ld   a0, 0(a1)
        addi s0, s0, -1
        bnez s0, loop
        ecall`;

class Notes implements Translations {
  readonly modules: readonly KeptModule[] = [];
  readonly profile: KeptProfile | undefined;
  readonly forgotten = new Set<bigint>();
  source: (() => KeptProfile) | undefined;

  constructor(profile?: KeptProfile) {
    this.profile = profile;
  }

  add(): void {}
  use(): void {}
  learnFrom(source: () => KeptProfile): void {
    this.source = source;
  }
  forget(entries: ReadonlySet<bigint>): void {
    for (const entry of entries) this.forgotten.add(entry);
  }
}

function run(text: string, translations: Translations): Readonly<Record<string, number>> {
  const program = assemble(isa, text, { origin: 0x1000n });
  const engine = tiered(interpreter, { samplePeriod: 200, translations });
  const memory = [{ start: 0x2000, length: 0x2000 }];
  const vm = bareVm({ isa, engine, program, memory });
  expect(vm.run(10_000_000)).toEqual({ kind: "effect", name: "systemCall" });
  return vm.engine.statistics();
}

it("remembers which instructions made regions leave, and forgets those", () => {
  const first = new Notes();
  run(leaving, first);
  const profile = first.source?.();
  expect(profile?.alone).toHaveLength(1);
  expect([...first.forgotten]).toEqual([0x1010n]);
  const second = new Notes(profile);
  run(leaving, second);
  expect(second.forgotten.size).toBe(0);
  expect(second.source?.().alone).toEqual(profile?.alone);
});

it("compiles a kept region when control has come to it often enough", () => {
  const text = `
    loop: addi a0, a0, 1
          ecall
          j loop`;
  const program = assemble(isa, text, { origin: 0x1000n });
  const modules: KeptModule[] = [];
  const translations = (kept: readonly KeptModule[]): Translations => ({
    modules: kept,
    add: (module) => void modules.push(module),
    use() {},
  });
  const machine = (options: TieredOptions) => {
    const vm = bareVm({ isa, engine: tiered(interpreter, options), program });
    return (rounds: number): number | undefined => {
      for (let round = 0; round < rounds; round += 1) {
        expect(vm.run(100)).toEqual({ kind: "effect", name: "systemCall" });
        vm.state.pc += 4n;
      }
      return vm.engine.statistics().keptRegions;
    };
  };
  const eager = { threshold: 0, samplePeriod: 1, tiers: ["optimised"] } as const;
  machine({ ...eager, translations: translations([]) })(5);
  expect(modules.length).toBeGreaterThan(0);
  const later = { samplePeriod: 2 ** 30, keptVisits: 5, translations: translations(modules) };
  const rounds = machine(later);
  // The first round marks the entry, which its page has then.
  expect([rounds(4), rounds(20)]).toEqual([0, 1]);
});
