// Debian 12 has Node 18: fails where a package of the lockfile cannot run on it.
import { readFileSync } from "node:fs";

const NODE = 18;
const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));

/** Whether a range as package.json writes it takes some version 18 of Node. */
function takes(range) {
  return range.split("||").some((part) => {
    const bounds = [...part.matchAll(/([<>=^~]*)\s*v?(\d+)/g)].filter((_, at) => at === 0);
    if (bounds.length === 0) return true;
    const [, operator, major] = bounds[0];
    if (operator.startsWith(">")) return Number(major) <= NODE;
    if (operator.startsWith("<")) return Number(major) >= NODE;
    return Number(major) === NODE;
  });
}

const refused = Object.entries(lock.packages)
  .filter(([, entry]) => typeof entry.engines?.node === "string" && !takes(entry.engines.node))
  .map(([path, entry]) => `${path}@${entry.version} wants node ${entry.engines.node}`);
if (refused.length > 0) {
  console.error(refused.join("\n"));
  process.exit(1);
}
