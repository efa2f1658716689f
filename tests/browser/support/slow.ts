import type { CDPSession } from "playwright-core";

export interface Network {
  /** Milliseconds of a round trip. */
  latency: number;
  bytesPerSecond: number;
}

const MEGABIT = (1024 * 1024) / 8;

/** Lighthouse's mobile default. */
export const SLOW_4G: Network = {
  latency: 150,
  bytesPerSecond: 1.6 * MEGABIT,
};

/** As far away as that one, and wide enough that a test of many pages takes no minutes. */
export const FAR_AWAY: Network = { latency: 150, bytesPerSecond: 8 * MEGABIT };

/** From now on the page of this session has such a network. */
export async function throttle(
  session: CDPSession,
  { latency, bytesPerSecond }: Network,
): Promise<void> {
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency,
    downloadThroughput: bytesPerSecond,
    uploadThroughput: bytesPerSecond / 2,
  });
}
