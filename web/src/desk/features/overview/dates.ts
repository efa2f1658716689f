/**
 * Days of the proleptic Gregorian calendar as `YYYY-MM-DD`, years 0001 to 9999, without time zones:
 * the order_date of an order is a date of UTC and is never shifted by where the reader sits.
 */

const DAY_MS = 86_400_000;

/** A validated `YYYY-MM-DD`. Only parseDay, dayOf and the functions of this file make one. */
export type Day = string & { readonly __day: unique symbol };

export type Grain = "day" | "week" | "month" | "year";

export const GRAINS: readonly Grain[] = ["day", "week", "month", "year"];

/** Days since 1970-01-01. Date.UTC reads the years 0 to 99 as 1900 to 1999; this does not. */
function toNumber(day: Day): number {
  const date = new Date(0);
  date.setUTCFullYear(
    Number(day.slice(0, 4)),
    Number(day.slice(5, 7)) - 1,
    Number(day.slice(8, 10)),
  );
  return Math.round(date.getTime() / DAY_MS);
}

function fromNumber(days: number): Day {
  const date = new Date(days * DAY_MS);
  const year = String(date.getUTCFullYear()).padStart(4, "0");
  const month = String(date.getUTCMonth() + 1).padStart(2, "0");
  return `${year}-${month}-${String(date.getUTCDate()).padStart(2, "0")}` as Day;
}

/** The day that a text names, or undefined where it names none, as 2021-02-29. */
export function parseDay(text: string | null | undefined): Day | undefined {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith("0000")) return undefined;
  const day = text as Day;
  return fromNumber(toNumber(day)) === day ? day : undefined;
}

/** Today in UTC. */
export function dayOf(now: Date): Day {
  return now.toISOString().slice(0, 10) as Day;
}

export function addDays(day: Day, days: number): Day {
  return fromNumber(Math.min(Math.max(toNumber(day) + days, FIRST), LAST));
}

/** How many days `from` to `to` has, both included; negative where `to` is before. */
export function daysIn(from: Day, to: Day): number {
  return toNumber(to) - toNumber(from) + 1;
}

/** The first day of the day's week (Monday), month or year. */
export function startOf(grain: Grain, day: Day): Day {
  switch (grain) {
    case "day":
      return day;
    case "week":
      return addDays(day, -((toNumber(day) + 3 + 7 * 1_000_000) % 7));
    case "month":
      return `${day.slice(0, 7)}-01` as Day;
    case "year":
      return `${day.slice(0, 4)}-01-01` as Day;
  }
}

/** The first day of the next week, month or year, or undefined beyond the last year. */
export function next(grain: Grain, start: Day): Day | undefined {
  const year = Number(start.slice(0, 4));
  const month = Number(start.slice(5, 7));
  switch (grain) {
    case "day":
      return start >= fromNumber(LAST) ? undefined : addDays(start, 1);
    case "week":
      return toNumber(start) + 7 > LAST ? undefined : addDays(start, 7);
    case "month":
      if (month < 12) return fromParts(year, month + 1);
      return year < 9999 ? fromParts(year + 1, 1) : undefined;
    case "year":
      return year < 9999 ? fromParts(year + 1, 1) : undefined;
  }
}

/** The last day of the week, month or year that starts there. */
export function endOf(grain: Grain, start: Day): Day {
  const following = next(grain, start);
  return following ? addDays(following, -1) : fromNumber(LAST);
}

/** Seconds since 1970, the unit of the charts' time axis. */
export function toSeconds(day: Day): number {
  return toNumber(day) * 86_400;
}

export function fromSeconds(seconds: number): Day {
  return fromNumber(Math.min(Math.max(Math.floor(seconds / 86_400), FIRST), LAST));
}

function fromParts(year: number, month: number): Day {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-01` as Day;
}

const FIRST = toNumber("0001-01-01" as Day);
const LAST = toNumber("9999-12-31" as Day);
