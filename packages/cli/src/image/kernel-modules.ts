/**
 * Which files a kernel module needs, from what the modules say about themselves: the section
 * `.modinfo` of strings `name=value`, as kmod's modinfo(8) and depmod(8) read it.
 */

/** A module, as its file describes itself. */
export interface KernelModule {
  /** With underscores: both spellings name the same module. */
  readonly name: string;
  /** The names of the modules whose symbols it uses. */
  readonly depends: readonly string[];
  /** Other names by which the kernel asks for it; patterns. */
  readonly aliases: readonly string[];
}

/** The spelling of a module's name that all others are brought into. */
export function moduleName(file: string): string {
  return file
    .replace(/^.*\//, "")
    .replace(/\.ko(\.\w+)?$/, "")
    .replaceAll("-", "_");
}

/** What a module's file (not compressed) says about it. */
export function readModule(file: string, bytes: Uint8Array): KernelModule {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  const values = (field: string): string[] =>
    [...text.matchAll(new RegExp(`(?<=\\0)${field}=([^\\0]*)\\0`, "g"))].map(
      ([, value = ""]) => value,
    );
  const depends = values("depends").flatMap((list) => list.split(","));
  return {
    name: moduleName(file),
    depends: depends.filter((name) => name !== "").map(moduleName),
    aliases: values("alias"),
  };
}

/**
 * The modules and all that they depend on, each behind what it needs; what the kernel has built in
 * (that `load` gives undefined for) is left out.
 */
export function withDependencies<Module extends KernelModule>(
  names: readonly string[],
  load: (name: string) => Module | undefined,
): Module[] {
  const found = new Map<string, Module | undefined>();
  const ordered: Module[] = [];
  const visit = (name: string): void => {
    if (found.has(name)) return;
    const module = load(name);
    found.set(name, module);
    if (!module) return;
    for (const needed of module.depends) visit(needed);
    ordered.push(module);
  };
  for (const name of names) visit(moduleName(name));
  return ordered;
}

/** `modules.dep`: each module's file, then the files that it needs, the nearest first. */
export function dependencyTable(modules: readonly KernelModule[]): string {
  const byName = new Map(modules.map((module) => [module.name, module]));
  const load = (name: string): KernelModule | undefined => byName.get(name);
  return modules
    .map((module) => {
      const needed = withDependencies([module.name], load).slice(0, -1).reverse();
      return `${[`${module.name}.ko:`, ...needed.map(({ name }) => `${name}.ko`)].join(" ")}\n`;
    })
    .join("");
}

/** `modules.alias`. */
export function aliasTable(modules: readonly KernelModule[]): string {
  return modules
    .flatMap(({ name, aliases }) => aliases.map((alias) => `alias ${alias} ${name}\n`))
    .join("");
}
