import { describe, expect, it } from "vitest";
import { packageNames } from "../files.ts";
import {
  arrowViolations,
  dependenciesOf,
  findCycle,
  moduleGraph,
  packageSources,
} from "./check.ts";
import { importsOf } from "./imports.ts";
import { arrows } from "./table.ts";

const sources = packageSources();

describe("the packages", () => {
  it("are all in the table of arrows, which has no cycle", () => {
    expect(packageNames.filter((name) => arrows[name] === undefined)).toEqual([]);
    const table = Object.entries(arrows).map(([from, to]) => [from, Object.keys(to)] as const);
    expect(findCycle(new Map(table))).toBeUndefined();
  });

  it("import along the arrows only", () => {
    expect(arrowViolations(sources).join("\n")).toBe("");
  });

  it("depend along the arrows only", () => {
    const strays = packageNames.flatMap((name) =>
      Object.keys(dependenciesOf(name))
        .filter((dependency) => dependency.startsWith("@isovm/"))
        .filter((dependency) => arrows[name]?.[dependency.slice("@isovm/".length)] === undefined)
        .map((dependency) => `${name} -> ${dependency}`),
    );
    expect(strays).toEqual([]);
  });

  it("have no cycle among their modules", () => {
    expect(findCycle(moduleGraph(sources))?.join(" -> ")).toBeUndefined();
  });
});

describe("the check itself", () => {
  const at = (path: string, text: string): string[] =>
    arrowViolations([{ path, package: path.split("/")[1] ?? "", imports: importsOf(path, text) }]);

  it.each([
    ["packages/decoder/src/a.ts", 'import { emit } from "@isovm/wasm";', "no arrow"],
    ["packages/abi/src/a.ts", 'import { bits } from "@isovm/isa-spec";', "types only"],
    ["packages/abi/src/a.ts", 'import * as spec from "@isovm/isa-spec";', "types only"],
    ["packages/abi/src/a.ts", 'export * from "@isovm/isa-spec";', "types only"],
    ["packages/abi/src/a.ts", 'const spec = await import("@isovm/isa-spec");', "types only"],
    ["packages/wasm/src/a.ts", 'import { x } from "../../isa-spec/src/x.ts";', "reaches out"],
    ["packages/wasm/src/a.ts", 'import { x } from "./x";', "without its extension"],
    ["packages/testkit/src/a.ts", 'import { x } from "./conformance/x.ts";', "for tests"],
    ["packages/wasm/src/a.ts", 'import fs from "node:fs";', "browsers"],
  ])("finds in %s: %s", (path, text, problem) => {
    expect(at(path, text).join()).toContain(problem);
  });

  it.each([
    ["packages/abi/src/a.ts", 'import type { Bits } from "@isovm/isa-spec";'],
    ["packages/abi/src/a.ts", 'import { type Bits, IsovmError } from "@isovm/isa-spec";'],
    ["packages/abi/src/node/a.ts", 'import fs from "node:fs";'],
    ["packages/cli/src/a.ts", 'import x from "../package.json" with { type: "json" };'],
    ["packages/testkit/src/conformance/a.ts", 'import { linux } from "@isovm/abi";'],
    ["packages/decoder/src/a.ts", 'import { bits } from "@isovm/isa-spec";'],
  ])("lets pass in %s: %s", (path, text) => {
    expect(at(path, text)).toEqual([]);
  });
});
