import {
  addDays,
  dayOf,
  daysIn,
  endOf,
  next,
  parseDay,
  startOf,
  type Day,
  type Grain,
} from "./dates";

/** What the owner may pick, and what of it stands in the address. */
export type Preset = "7d" | "30d" | "90d" | "1y" | "all" | "custom";

export const PRESETS: readonly { id: Preset; label: string }[] = [
  { id: "7d", label: "7 days" },
  { id: "30d", label: "30 days" },
  { id: "90d", label: "90 days" },
  { id: "1y", label: "Year" },
  { id: "all", label: "All" },
  { id: "custom", label: "Custom" },
];

export interface Range {
  from: Day;
  to: Day;
}

export interface Selection {
  preset: Preset;
  /** There only where the preset is custom. */
  range?: Range | undefined;
  /** As asked for; what is drawn may be coarser, see grainFor. */
  grain?: Grain | undefined;
}

/** A chart of more points than this is drawn coarser: nobody can tell two of them apart. */
export const MAX_POINTS = 750;

const PRESET_DAYS: Partial<Record<Preset, number>> = { "7d": 7, "30d": 30, "90d": 90, "1y": 365 };

/** The days of a selection. `known` is from the first to the last day that has orders. */
export function rangeOf(selection: Selection, now: Date, known: Range | undefined): Range {
  const today = dayOf(now);
  const days = PRESET_DAYS[selection.preset];
  if (days !== undefined) return { from: addDays(today, 1 - days), to: today };
  if (selection.preset === "custom" && selection.range) return selection.range;
  return known ?? { from: addDays(today, -29), to: today };
}

/** The days before a range, as many as it has: what its figures are compared with. */
export function before(range: Range): Range | undefined {
  const to = addDays(range.from, -1);
  const from = addDays(range.from, -daysIn(range.from, range.to));
  return daysIn(from, to) === daysIn(range.from, range.to) ? { from, to } : undefined;
}

function points(grain: Grain, range: Range): number {
  const days = daysIn(range.from, range.to);
  switch (grain) {
    case "day":
      return days;
    case "week":
      return Math.ceil(days / 7) + 1;
    case "month":
      return Math.ceil(days / 28) + 1;
    case "year":
      return Math.ceil(days / 365) + 1;
  }
}

/** The grains in which a range can be drawn. Years always can. */
export function grainsFor(range: Range): Grain[] {
  const fits = (["day", "week", "month"] as const).filter(
    (grain) => points(grain, range) <= MAX_POINTS,
  );
  return fits.includes("month") && points("month", range) <= 120 ? fits : [...fits, "year"];
}

/** The grain to draw: the one asked for where it fits, else what is pleasant to read. */
export function grainFor(range: Range, asked: Grain | undefined): Grain {
  const possible = grainsFor(range);
  if (asked && possible.includes(asked)) return asked;
  const days = daysIn(range.from, range.to);
  const pleasant: Grain =
    days <= 92 ? "day" : days <= 400 ? "week" : days <= 3_660 ? "month" : "year";
  return possible.includes(pleasant) ? pleasant : (possible.at(-1) ?? "year");
}

export interface Bucket<T> {
  start: Day;
  /** The last day of it that lies in the range. */
  end: Day;
  value: T | undefined;
}

/** Every bucket of a range, in order, also those that the warehouse has no rows for. */
export function buckets<T>(range: Range, grain: Grain, values: ReadonlyMap<Day, T>): Bucket<T>[] {
  const all: Bucket<T>[] = [];
  let start: Day | undefined = startOf(grain, range.from);
  while (start !== undefined && start <= range.to) {
    const end = endOf(grain, start);
    all.push({
      start: start < range.from ? range.from : start,
      end: end > range.to ? range.to : end,
      value: values.get(start),
    });
    start = next(grain, start);
  }
  return all;
}

/** Reads a selection out of an address; what it does not understand becomes the default. */
export function readSelection(params: URLSearchParams): Selection {
  const asked = params.get("range");
  const preset = PRESETS.find(({ id }) => id === asked)?.id ?? "30d";
  const grain = (["day", "week", "month", "year"] as const).find((id) => id === params.get("by"));
  if (preset !== "custom") return { preset, grain };
  const from = parseDay(params.get("from"));
  const to = parseDay(params.get("to"));
  if (!from || !to || from > to) return { preset: "30d", grain };
  return { preset, grain, range: { from, to } };
}

export function writeSelection(selection: Selection): URLSearchParams {
  const params = new URLSearchParams();
  params.set("range", selection.preset);
  if (selection.preset === "custom" && selection.range) {
    params.set("from", selection.range.from);
    params.set("to", selection.range.to);
  }
  if (selection.grain) params.set("by", selection.grain);
  return params;
}
