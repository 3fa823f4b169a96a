// Builds and compresses the console in dist.new, and then renames it to dist. The gateway never
// serves a part of a build.
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";
import { build } from "vite";

const compressible = new Set([".html", ".js", ".css", ".svg", ".json"]);
const root = fileURLToPath(new URL("..", import.meta.url));
const output = join(root, "dist.new");
const dist = join(root, "dist");

await build({ root, logLevel: "warn", build: { outDir: output, emptyOutDir: true } });
for (const entry of await readdir(output, { recursive: true, withFileTypes: true })) {
  if (entry.isFile() && compressible.has(extname(entry.name))) {
    const path = join(entry.parentPath, entry.name);
    await writeFile(
      `${path}.gz`,
      gzipSync(await readFile(path), { level: constants.Z_BEST_COMPRESSION }),
    );
  }
}
await rm(dist, { recursive: true, force: true });
await rename(output, dist);
