import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CDPSession, Page } from "playwright-core";
import { Visitor } from "./browser";
import { SLOW_4G, throttle, type Network } from "./slow";
import { until } from "./until";

export interface Setting {
  name: string;
  width: number;
  /** So many times slower than this machine. */
  cpu: number;
  network?: Network;
}

/** The second is Lighthouse's mobile default: Moto G Power, slow 4G (150 ms, 1.6 Mbit/s). */
export const SETTINGS: Setting[] = [
  { name: "desktop", width: 1440, cpu: 1 },
  {
    name: "phone",
    width: 390,
    cpu: 4,
    network: SLOW_4G,
  },
];

/** What the page itself sees from its beginning. */
export interface Observed {
  /** Milliseconds since the navigation. */
  firstContentfulPaint: number;
  largestContentfulPaint: number;
  /** What tasks took beyond 50 ms each, after the first paint. */
  totalBlockingTime: number;
  longestTask: number;
  cumulativeLayoutShift: number;
}

export interface Received {
  /** As they came over the wire, compressed, with their headers. */
  transferredBytes: number;
  requests: number;
}

export interface Visit {
  visitor: Visitor;
  page: Page;
  received: () => Received;
}

/** A visitor with an empty cache, whose page will be observed. */
export async function visit(
  origin: string,
  { width, cpu, network }: Setting,
): Promise<Visit> {
  const height = width < 600 ? 844 : 900;
  const visitor = await Visitor.arrive(origin, { width, height });
  const page = await visitor.context.newPage();
  const session = await visitor.context.newCDPSession(page);
  const received = await count(session);
  await session.send("Emulation.setCPUThrottlingRate", { rate: cpu });
  if (network) await throttle(session, network);
  await page.addInitScript(observe);
  return { visitor, page, received };
}

/** Counts what the browser receives from now on. */
async function count(session: CDPSession): Promise<() => Received> {
  let transferredBytes = 0;
  let requests = 0;
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    transferredBytes += encodedDataLength;
    ++requests;
  });
  await session.send("Network.enable");
  return () => ({ transferredBytes, requests });
}

/** Two seconds in which no task was long: what Lighthouse takes for an idle main thread. */
export async function quiet(page: Page, milliseconds = 2000): Promise<void> {
  await until("the page is idle", async () => {
    const since = await page.evaluate(() => window.lastLongTask);
    return (
      (await page.evaluate(() => performance.now())) - since > milliseconds
    );
  });
}

/** Prints the figures, and writes them into the folder that ORDERLY_FIGURES names. */
export async function report(name: string, rows: object[]): Promise<void> {
  console.table(rows);
  const folder = process.env.ORDERLY_FIGURES;
  if (folder === undefined) return;
  const repository = fileURLToPath(new URL("../../../", import.meta.url));
  const text = `${JSON.stringify(rows, null, 2)}\n`;
  await writeFile(resolve(repository, folder, `${name}.json`), text);
}

/** Runs in the page before anything of it. */
function observe(): void {
  const figures = {
    firstContentfulPaint: 0,
    largestContentfulPaint: 0,
    totalBlockingTime: 0,
    longestTask: 0,
    cumulativeLayoutShift: 0,
  };
  window.figures = figures;
  window.lastLongTask = performance.now();
  window.lastInput = 0;
  const watch = (type: string, take: (entry: PerformanceEntry) => void): void =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({
      type,
      buffered: true,
    });
  watch("paint", ({ name, startTime }) => {
    if (name === "first-contentful-paint")
      figures.firstContentfulPaint = startTime;
  });
  watch("largest-contentful-paint", ({ startTime }) => {
    figures.largestContentfulPaint = startTime;
  });
  watch("longtask", ({ startTime, duration }) => {
    window.lastLongTask = startTime + duration;
    const painted = figures.firstContentfulPaint;
    if (painted > 0 && startTime + duration > painted) {
      figures.totalBlockingTime += Math.max(0, duration - 50);
      figures.longestTask = Math.max(figures.longestTask, duration);
    }
  });
  watch("layout-shift", (entry) => {
    const shift = entry as PerformanceEntry & {
      value: number;
      hadRecentInput: boolean;
    };
    if (!shift.hadRecentInput) figures.cumulativeLayoutShift += shift.value;
  });
  for (const type of ["click", "keydown"])
    addEventListener(
      type,
      ({ timeStamp }) => {
        window.lastInput = timeStamp;
      },
      true,
    );
}

declare global {
  interface Window {
    figures: Observed;
    lastLongTask: number;
    /** When a button was last pressed, or a key. */
    lastInput: number;
  }
}
