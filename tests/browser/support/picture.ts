import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import pixelmatch from "pixelmatch";
import type { Page } from "playwright-core";
import { PNG } from "pngjs";

const FOLDER = fileURLToPath(
  new URL("../../../docs/screenshots/", import.meta.url),
);
/** Fonts are drawn a little differently from machine to machine; a redesign is more than this. */
const NOTICEABLE = 0.01;

/** Puts a picture of the page into docs/screenshots, where it differs noticeably from the one there. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate(holdStill);
  await page.evaluate(() => document.fonts.ready);
  const taken = await page.screenshot({
    animations: "disabled",
    caret: "hide",
  });
  const path = `${FOLDER}${name}.png`;
  if (await isLike(path, taken)) return;
  await mkdir(FOLDER, { recursive: true });
  await writeFile(path, taken);
}

async function isLike(path: string, taken: Buffer): Promise<boolean> {
  const kept = await readFile(path).catch(() => undefined);
  if (kept === undefined) return false;
  const [before, now] = [PNG.sync.read(kept), PNG.sync.read(taken)];
  if (before.width !== now.width || before.height !== now.height) return false;
  const differing = pixelmatch(
    before.data,
    now.data,
    null,
    now.width,
    now.height,
    {
      threshold: 0.2,
    },
  );
  return differing / (now.width * now.height) < NOTICEABLE;
}

/** Ids and times are others at every run; in a picture they are always the same. Runs in the page. */
function holdStill(): void {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const id = /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
  const moment = /\d{1,2} \w+ 20\d\d(, \d\d:\d\d:\d\d)?/g;
  while (texts.nextNode()) {
    const node = texts.currentNode;
    const text = node.nodeValue ?? "";
    if (text.includes("2021")) continue;
    const still = text
      .replace(id, "019a8f5e-5d3c-7c60-8f0c-0242ac120002")
      .replace(moment, (_, time) =>
        time ? "18 Jan 2021, 20:00:00" : "18 January 2021",
      );
    if (still !== text) node.nodeValue = still;
  }
}
