/** The code that takes control to where a region is entered. */
import { IsovmError } from "@isovm/isa-spec";
import type { FunctionBuilder, Label, Local } from "@isovm/wasm";
import type { EntryRoute } from "../control-flow/entries.ts";

/**
 * Goes on to the block where the region is entered, if that is not here. Control comes by once for
 * an entry: the local is 0 from then on.
 */
export function goToEntry(
  code: FunctionBuilder,
  entry: Local,
  routes: readonly EntryRoute[],
  labelOf: (block: number) => Label | undefined,
): void {
  if (routes.length === 0) return;
  const branch = ({ to }: EntryRoute): void => {
    const label = labelOf(to);
    if (!label) throw new IsovmError("a loop isn't entered by way of its header", { block: to });
    code.br(label);
  };
  code.localGet(entry);
  code.if(() => {
    for (const route of routes) {
      code.localGet(entry);
      code.i32Const(route.entry);
      code.i32Eq();
      code.if(() => {
        if (route.isLast) {
          code.i32Const(0);
          code.localSet(entry);
        }
        branch(route);
      });
    }
    code.unreachable();
  });
}
