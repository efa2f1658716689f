import { describe, expect, it } from "vitest";
import {
  addDays,
  daysIn,
  endOf,
  next,
  parseDay,
  startOf,
  toSeconds,
  fromSeconds,
  type Day,
} from "./dates";
import {
  before,
  buckets,
  grainFor,
  grainsFor,
  rangeOf,
  readSelection,
  writeSelection,
  MAX_POINTS,
} from "./ranges";

const day = (text: string): Day => {
  const parsed = parseDay(text);
  if (!parsed) throw new Error(`${text} is no day`);
  return parsed;
};
const range = (from: string, to: string) => ({ from: day(from), to: day(to) });

describe("days", () => {
  it.each([
    "2021-02-29",
    "2021-13-01",
    "21-01-01",
    "2021-1-1",
    "",
    "0000-01-01",
    "2021-01-01'; --",
  ])("refuses %s", (text) => expect(parseDay(text)).toBeUndefined());
  it("takes the years that Date.UTC reads as 19xx", () => {
    expect(parseDay("0050-03-01")).toBe("0050-03-01");
    expect(daysIn(day("0050-01-01"), day("0050-12-31"))).toBe(365);
    expect(fromSeconds(toSeconds(day("0050-06-15")))).toBe("0050-06-15");
  });
  it("stops at both ends of the calendar", () => {
    expect(addDays(day("0001-01-01"), -1)).toBe("0001-01-01");
    expect(addDays(day("9999-12-31"), 5)).toBe("9999-12-31");
    expect(next("year", day("9999-01-01"))).toBeUndefined();
    expect(endOf("week", startOf("week", day("9999-12-31")))).toBe("9999-12-31");
  });
  it("begins weeks on Monday, as DuckDB's date_trunc does", () => {
    expect(startOf("week", day("2021-01-03"))).toBe("2020-12-28");
    expect(startOf("week", day("1969-12-31"))).toBe("1969-12-29");
    expect(endOf("month", day("2024-02-01"))).toBe("2024-02-29");
  });
});

describe("ranges", () => {
  const now = new Date("2026-11-24T23:59:59Z");
  it("ends at today in UTC and counts it", () => {
    expect(rangeOf({ preset: "7d" }, now, undefined)).toEqual(range("2026-11-18", "2026-11-24"));
    expect(rangeOf({ preset: "1y" }, now, undefined)).toEqual(range("2025-11-25", "2026-11-24"));
  });
  it("takes all days that have orders, and the last thirty where none has", () => {
    const known = range("2020-12-31", "2021-02-14");
    expect(rangeOf({ preset: "all" }, now, known)).toEqual(known);
    expect(rangeOf({ preset: "all" }, now, undefined).to).toBe("2026-11-24");
  });
  it("compares with as many days before, where there are so many", () => {
    expect(before(range("2021-02-01", "2021-02-07"))).toEqual(range("2021-01-25", "2021-01-31"));
    expect(before(range("0001-01-01", "0001-01-02"))).toBeUndefined();
  });
  it("draws coarser rather than more points than can be told apart", () => {
    expect(grainFor(range("2021-01-01", "2021-01-30"), undefined)).toBe("day");
    const wide = range("0001-01-01", "9999-12-31");
    expect(grainFor(wide, "day")).toBe("year");
    expect(grainsFor(wide)).toEqual(["year"]);
    const long = range("2015-01-01", "2026-01-01");
    for (const grain of grainsFor(long)) {
      expect(buckets(long, grain, new Map()).length).toBeLessThanOrEqual(MAX_POINTS);
    }
  });
  it("fills days without orders, and cuts the first and last week to the range", () => {
    const weeks = buckets(
      range("2021-01-06", "2021-01-19"),
      "week",
      new Map([[day("2021-01-11"), 5]]),
    );
    expect(weeks).toEqual([
      { start: "2021-01-06", end: "2021-01-10", value: undefined },
      { start: "2021-01-11", end: "2021-01-17", value: 5 },
      { start: "2021-01-18", end: "2021-01-19", value: undefined },
    ]);
    expect(buckets(range("2021-01-06", "2021-01-06"), "day", new Map())).toHaveLength(1);
  });
});

describe("the address", () => {
  it("keeps a selection", () => {
    const selection = {
      preset: "custom" as const,
      range: range("2021-01-01", "2021-02-01"),
      grain: "week" as const,
    };
    expect(readSelection(writeSelection(selection))).toEqual(selection);
  });
  it.each(["range=custom&from=2021-02-01&to=2021-01-01", "range=custom&from=x", "range=9d", ""])(
    "takes thirty days where it says %s",
    (text) => expect(readSelection(new URLSearchParams(text)).preset).toBe("30d"),
  );
});
