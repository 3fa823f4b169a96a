// Builds dist: made and compressed beside it first and then put in its place whole, so that nobody ever finds a part of it.
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";
import { build } from "vite";

const compressed = new Set([".html", ".js", ".css", ".svg", ".json"]);
const root = fileURLToPath(new URL("..", import.meta.url));
const made = join(root, "dist.new");
const place = join(root, "dist");

await build({ root, logLevel: "warn", build: { outDir: made, emptyOutDir: true } });
for (const entry of await readdir(made, { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && compressed.has(extname(entry.name))) {
    const path = join(entry.parentPath, entry.name);
    await writeFile(
      `${path}.gz`,
      gzipSync(await readFile(path), { level: constants.Z_BEST_COMPRESSION }),
    );
  }
}
await rm(place, { recursive: true, force: true });
await rename(made, place);
