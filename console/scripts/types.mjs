// Writes src/api/generated from docs/openapi. With --check: writes nothing, and fails where a file is not current.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const check = process.argv.includes("--check");
const stale = [];
for (const service of ["auth", "catalog", "events"]) {
  const source = new URL(`../../docs/openapi/${service}.json`, import.meta.url);
  const target = new URL(`../src/api/generated/${service}.d.ts`, import.meta.url);
  const text = `// Written by \`npm run types\` from docs/openapi/${service}.json.\n${astToString(await openapiTS(source))}`;
  if (!check) {
    await writeFile(target, text);
  } else if (text !== (await readFile(target, "utf8").catch(() => ""))) {
    stale.push(service);
  }
}
if (stale.length > 0) {
  console.error(
    `src/api/generated is not current for ${stale.join(", ")}: run \`npm run types\` in console/`,
  );
  process.exit(1);
}
