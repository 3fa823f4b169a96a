// Fails if modules of src import each other in a circle. It follows imports of types and lazy
// imports too, so that each module can be read after the modules that it imports.
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
const MODULE = /\.tsx?$/;

const imports = new Map(); // from each module to the modules that it imports
const entries = await readdir(SRC, { recursive: true, withFileTypes: true });
const files = entries
  .filter((entry) => entry.isFile() && MODULE.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));
const modules = new Set(files);

/** Returns the file of a relative import, or undefined for packages, styles, and images. */
function resolve(file, specifier) {
  const base = normalize(join(dirname(file), specifier));
  return [`${base}.ts`, `${base}.tsx`, `${base}.d.ts`, join(base, "index.ts")].find((path) =>
    modules.has(path),
  );
}

for (const file of files) {
  const { importedFiles } = ts.preProcessFile(await readFile(file, "utf8"));
  const relativeImports = importedFiles.filter(({ fileName }) => fileName.startsWith("."));
  imports.set(file, relativeImports.map(({ fileName }) => resolve(file, fileName)).filter(Boolean));
}

/** Returns the first circle that `file` leads to, as a list of files, or null. */
function findCircle(file, path, checked) {
  if (path.includes(file)) {
    return [...path.slice(path.indexOf(file)), file];
  }
  if (checked.has(file)) {
    return null;
  }
  for (const target of imports.get(file)) {
    const circle = findCircle(target, [...path, file], checked);
    if (circle !== null) {
      return circle;
    }
  }
  checked.add(file);
  return null;
}

const checked = new Set();
for (const file of files) {
  const circle = findCircle(file, [], checked);
  if (circle !== null) {
    const names = circle.map((path) => relative(SRC, path)).join("\n  imports ");
    console.error(`Modules import each other in a circle. Move what they share:\n  ${names}`);
    process.exit(1);
  }
}
