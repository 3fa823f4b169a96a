// Generates src/api/generated from docs/openapi. With --check, writes nothing, and fails if a
// generated file is outdated.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const check = process.argv.includes("--check");
const outdated = [];
for (const service of ["auth", "catalog", "events"]) {
  const source = new URL(`../../docs/openapi/${service}.json`, import.meta.url);
  const target = new URL(`../src/api/generated/${service}.d.ts`, import.meta.url);
  const header = `// Written by \`npm run types\` from docs/openapi/${service}.json.\n`;
  const text = header + astToString(await openapiTS(source));
  if (!check) {
    await writeFile(target, text);
  } else if (text !== (await readFile(target, "utf8").catch(() => ""))) {
    outdated.push(service);
  }
}
if (outdated.length > 0) {
  console.error(
    `src/api/generated is outdated for ${outdated.join(", ")}: run \`npm run types\` in console/`,
  );
  process.exit(1);
}
