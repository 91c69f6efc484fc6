/** For tests: guest code from assembly text, as region formation sees it. */
import { assemble } from "@isovm/decoder";
import { type EngineMemory, type Isa, translationFault } from "@isovm/isa-spec";
import { type FormationOptions, formRegion } from "../formation.ts";
import { GuestCode } from "../guest-code.ts";
import type { Region } from "../region.ts";

/** The page that programs lie in. */
const page = 0x1000;

/** The region at `label` of a program, and the program's labels as numbers. */
export function regionOf(
  isa: Isa,
  source: string,
  label: string,
  options: Partial<Omit<FormationOptions, "code">> = {},
): { readonly region: Region | undefined; readonly at: (label: string) => number } {
  const program = assemble(isa, source, { origin: BigInt(page) });
  const code = new GuestCode(isa, onePage(program.bytes));
  const at = (name: string): number => Number(program.symbols.get(name) ?? -1n);
  const defaults = { includes: () => true, observed: () => [], limit: 100 };
  return { region: formRegion(at(label), { code, ...defaults, ...options }), at };
}

/** Memory with nothing but a page of code. */
function onePage(bytes: Uint8Array): EngineMemory {
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Uint8Array(memory.buffer).set(bytes, page);
  const nothing = (): void => {};
  return {
    memory,
    allocate: () => 0,
    release: nothing,
    translate: (address) =>
      (address & ~0xfffn) === BigInt(page) ? page : translationFault.unmapped,
    markCode: nothing,
    isCode: () => true,
    wrote: nothing,
    attach: nothing,
  };
}
