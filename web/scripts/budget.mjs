// Fails where the first view of the shop has become heavier than we promise: what its html names,
// gzipped; the fonts are among it.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const LIMIT = 200 * 1024;
const dist = new URL("../dist/", import.meta.url).pathname;
const sent = (path) => statSync(existsSync(`${path}.gz`) ? `${path}.gz` : path).size;

const html = readFileSync(join(dist, "index.html"), "utf8");
const named = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path]) => join(dist, path));
const total = [join(dist, "index.html"), ...new Set(named)]
  .map(sent)
  .reduce((sum, bytes) => sum + bytes, 0);
console.log(`first view of the shop: ${(total / 1024).toFixed(1)} KiB of ${LIMIT / 1024}`);
if (total > LIMIT) process.exit(1);
