/** Holds the packages' sources to the table of arrows. */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { filesUnder, packageNames, root } from "../files.ts";
import { type Import, importsOf } from "./imports.ts";
import { arrows, errorBases, nodeOnly, testSupport } from "./table.ts";

interface SourceFile {
  readonly path: string;
  readonly package: string;
  readonly imports: readonly Import[];
}

/** The sources of all packages, tests left out: those may use packages above their own. */
export function packageSources(): SourceFile[] {
  return packageNames.flatMap((name) =>
    filesUnder(`packages/${name}/src`, ".ts")
      .filter((path) => !/\.(test|test-d|bench)\.ts$/.test(path))
      .map((path) => ({
        path,
        package: name,
        imports: importsOf(path, readFileSync(join(root, path), "utf8")),
      })),
  );
}

/** What is wrong with the imports, a line each. */
export function arrowViolations(sources: readonly SourceFile[]): string[] {
  return sources.flatMap((source) =>
    source.imports.flatMap((entry) => {
      const problem = violation(source, entry);
      return problem === undefined ? [] : [`${source.path}:${entry.line} ${problem}`];
    }),
  );
}

function violation(source: SourceFile, entry: Import): string | undefined {
  const { specifier } = entry;
  if (specifier.startsWith("node:")) {
    if (nodeOnly.some((pattern) => pattern.test(source.path))) return undefined;
    return `imports ${specifier}: this package runs in browsers too`;
  }
  if (specifier.startsWith(".")) {
    const target = posix.join(posix.dirname(source.path), specifier);
    if (!target.startsWith(`packages/${source.package}/`)) return `reaches out to ${target}`;
    if (testSupport.test(target) && !testSupport.test(source.path)) {
      return `imports ${specifier}, which is there for tests`;
    }
    return /\.(ts|json)$/.test(specifier)
      ? undefined
      : `imports ${specifier} without its extension`;
  }
  const target = workspacePackage(specifier);
  if (target === undefined) return undefined;
  if (target === source.package) return "imports its own package by name";
  if (testSupport.test(source.path)) return undefined;
  const arrow = arrows[source.package]?.[target];
  if (arrow === undefined) return `imports ${specifier}: no arrow leads there`;
  const forbidden = entry.values.filter((name) => !errorBases.has(name));
  if (arrow === "types" && forbidden.length > 0) {
    return `imports ${forbidden.join(", ")} from ${specifier}: the arrow is for types only`;
  }
  if (!(specifier.replace(/^(@[^/]+\/[^/]+)\/.*/, "$1") in dependenciesOf(source.package))) {
    return `imports ${specifier}, which is not among its dependencies`;
  }
  return undefined;
}

/** The directory name of the workspace package that a specifier names. */
function workspacePackage(specifier: string): string | undefined {
  if (specifier === "isovm" || specifier.startsWith("isovm/")) return "cli";
  return /^@isovm\/([^/]+)/.exec(specifier)?.[1];
}

const dependencies = new Map<string, Readonly<Record<string, string>>>();

/** The published dependencies that a package's manifest declares. */
export function dependenciesOf(name: string): Readonly<Record<string, string>> {
  const known = dependencies.get(name);
  if (known !== undefined) return known;
  const manifest: { dependencies?: Record<string, string> } = JSON.parse(
    readFileSync(join(root, "packages", name, "package.json"), "utf8"),
  );
  const declared = manifest.dependencies ?? {};
  dependencies.set(name, declared);
  return declared;
}

/**
 * The first cycle in a graph, as the nodes along it; imports that vanish with the types don't count.
 */
export function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] | undefined => {
    const start = path.indexOf(node);
    if (start >= 0) return [...path.slice(start), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** From each source to the sources that it imports values from. */
export function moduleGraph(sources: readonly SourceFile[]): Map<string, string[]> {
  return new Map(
    sources.map(({ path, imports }) => [
      path,
      imports
        .filter(({ specifier, typeOnly }) => specifier.startsWith(".") && !typeOnly)
        .map(({ specifier }) => posix.join(posix.dirname(path), specifier)),
    ]),
  );
}
