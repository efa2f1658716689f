// Fails where the first view of the shop has become heavier than we promise: what its html names,
// gzipped, and the fonts it may load.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const LIMIT = 200 * 1024;
const dist = new URL("../dist/", import.meta.url).pathname;
const sent = (path) => statSync(existsSync(`${path}.gz`) ? `${path}.gz` : path).size;

const html = readFileSync(join(dist, "index.html"), "utf8");
const named = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path]) => join(dist, path));
const fonts = readdirSync(join(dist, "assets"))
  .filter((name) => /-latin-wght-normal.*\.woff2$/.test(name))
  .map((name) => join(dist, "assets", name));
const total = [join(dist, "index.html"), ...new Set([...named, ...fonts])]
  .map(sent)
  .reduce((sum, bytes) => sum + bytes, 0);
console.log(`first view of the shop: ${(total / 1024).toFixed(1)} KiB of ${LIMIT / 1024}`);
if (total > LIMIT) process.exit(1);
