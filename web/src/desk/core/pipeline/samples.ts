import type { Arrow, Pipeline } from "./contract";

/** Two pictures further apart than this tell no rate of now. */
const RATE_WINDOW_MS = 10_000;
/** What the small curves show: two minutes at one picture a second. */
export const MAX_SAMPLES = 120;

export interface Sample {
  /** The server's own clock, so that a reader's sleep and skew do not count. */
  at: number;
  pipeline: Pipeline;
}

/** What an arrow did lately. */
export interface Motion {
  /** Events a second; undefined until there are two pictures of the same run. */
  rate: number | undefined;
  /** Something waited in every picture of the window and nothing moved. */
  still: boolean;
  /** Refusals a second of a subscription. */
  rejections: number | undefined;
  /** Rates and lags of the pictures, oldest first; undefined where they are not known. */
  rates: (number | undefined)[];
  lags: (number | undefined)[];
}

/** The pictures with one more, oldest first. A start of the server begins anew: counters are of it. */
export function withSample(samples: readonly Sample[], pipeline: Pipeline): Sample[] {
  const at = Date.parse(pipeline.time);
  const last = samples.at(-1);
  if (!Number.isFinite(at)) return [...samples];
  if (last?.at === at) return [...samples];
  if (last && isOtherRun(last, { at, pipeline })) return [{ at, pipeline }];
  return [...samples, { at, pipeline }].slice(-MAX_SAMPLES);
}

function isOtherRun(before: Sample, after: Sample): boolean {
  return after.at < before.at || after.pipeline.uptime_seconds < before.pipeline.uptime_seconds;
}

function arrowOf(sample: Sample, id: string): Arrow | undefined {
  return sample.pipeline.arrows.find((arrow) => arrow.id === id);
}

function perSecond(
  from: Sample,
  to: Sample,
  id: string,
  count: (arrow: Arrow) => number | undefined,
) {
  const [first, last] = [arrowOf(from, id), arrowOf(to, id)];
  const [a, b] = [first && count(first), last && count(last)];
  const seconds = (to.at - from.at) / 1000;
  if (a === undefined || b === undefined || seconds <= 0 || b < a) return undefined;
  return (b - a) / seconds;
}

export function motionOf(samples: readonly Sample[], id: string): Motion {
  const last = samples.at(-1);
  const window = last ? samples.filter(({ at }) => at >= last.at - RATE_WINDOW_MS) : [];
  const first = window[0];
  const moved = (arrow: Arrow) => arrow.moved;
  const rate = first && last && first !== last ? perSecond(first, last, id, moved) : undefined;
  const waited = window.every((sample) => (arrowOf(sample, id)?.backlog ?? 0) > 0);
  const spanned = first && last ? last.at - first.at : 0;
  return {
    rate,
    still: rate === 0 && waited && spanned >= RATE_WINDOW_MS / 2,
    rejections:
      first && last && first !== last
        ? perSecond(first, last, id, (arrow) => arrow.delivery?.rejected)
        : undefined,
    rates: samples.slice(1).map((sample, i) => {
      const before = samples[i];
      return before && perSecond(before, sample, id, moved);
    }),
    lags: samples.map((sample) => arrowOf(sample, id)?.lag_seconds ?? undefined),
  };
}
