// Writes a .gz and a .br beside every file of dist that gets smaller by it; the server sends them as they are.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const TEXT = new Set([".html", ".js", ".css", ".svg", ".json", ".txt", ".webmanifest", ".yaml"]);

for (const name of readdirSync(dist, { recursive: true })) {
  if (!TEXT.has(extname(name))) continue;
  const path = join(dist, name);
  const plain = readFileSync(path);
  const brotli = brotliCompressSync(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
  for (const [suffix, packed] of [
    [".gz", gzipSync(plain, { level: 9 })],
    [".br", brotli],
  ]) {
    if (packed.length < plain.length) writeFileSync(path + suffix, packed);
  }
}
