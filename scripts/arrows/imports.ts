/** Reads the imports and re-exports of a TypeScript source. */
import ts from "typescript";

/** One import or re-export. */
export interface Import {
  /** What stands after `from`. */
  readonly specifier: string;
  /** Whether it vanishes when types are stripped. */
  readonly typeOnly: boolean;
  /** The names of the imported values; `*` if they are not listed. */
  readonly values: readonly string[];
  /** The line in the source, from 1. */
  readonly line: number;
}

/** The imports, re-exports and dynamic imports of a source. */
export function importsOf(path: string, text: string): Import[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  const imports: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, values: readonly string[]): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    imports.push({ specifier: specifier.text, typeOnly: values.length === 0, values, line });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, importedValues(node));
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, exportedValues(node));
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], ["*"]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

function importedValues({ importClause: clause }: ts.ImportDeclaration): string[] {
  if (clause === undefined) return ["*"];
  if (clause.isTypeOnly) return [];
  const named = clause.namedBindings;
  return [
    ...(clause.name === undefined ? [] : ["default"]),
    ...(named === undefined ? [] : ts.isNamespaceImport(named) ? ["*"] : valuesAmong(named)),
  ];
}

function exportedValues({ isTypeOnly, exportClause: clause }: ts.ExportDeclaration): string[] {
  if (isTypeOnly) return [];
  return clause === undefined || ts.isNamespaceExport(clause) ? ["*"] : valuesAmong(clause);
}

function valuesAmong({ elements }: ts.NamedImports | ts.NamedExports): string[] {
  return [...elements]
    .filter((element) => !element.isTypeOnly)
    .map((element) => (element.propertyName ?? element.name).text);
}
