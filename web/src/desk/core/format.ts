import { count } from "@shared/format";

/** How the desk writes numbers, times and ages; whole numbers are written as everywhere. */
export const formatCount = count;

const compact = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });
const shortDays = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const months = new Intl.DateTimeFormat("en-GB", {
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

/** Short enough for an axis or an arrow: exact up to 9,999. */
export function formatCompact(value: number): string {
  return Math.abs(value) < 10_000 ? formatCount(value) : compact.format(value);
}

/** A rate a second. */
export function formatRate(rate: number | undefined): string {
  if (rate === undefined) return "–";
  if (rate === 0) return "0/s";
  if (rate < 0.1) return "<0.1/s";
  return `${rate < 10 ? rate.toFixed(1) : formatCompact(Math.round(rate))}/s`;
}

/** How long, in the two largest units that say it: 3 ms, 4.2 s, 3 min 5 s, 2 h 10 min, 3 d 4 h. */
export function formatAge(seconds: number): string {
  if (seconds <= 0) return "0 ms";
  if (seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(whole, 60, "min", "s");
  if (whole < 86_400) return pair(Math.floor(whole / 60), 60, "h", "min");
  return pair(Math.floor(whole / 3600), 24, "d", "h");
}

function pair(small: number, factor: number, large: string, unit: string): string {
  const rest = small % factor;
  return `${formatCount(Math.floor(small / factor))} ${large}${rest > 0 ? ` ${rest} ${unit}` : ""}`;
}

/** A date as 4 Feb 2021. */
export function formatDay(day: string): string {
  return shortDays.format(new Date(`${day}T00:00:00Z`));
}

/** The month of a date, as Feb 2021. */
export function formatMonth(day: string): string {
  return months.format(new Date(`${day}T00:00:00Z`));
}

/** A change in percent with its sign; a true minus. */
export function formatChange(percent: number): string {
  const size = Math.abs(percent);
  const text = size >= 1000 ? formatCompact(Math.round(size)) : size.toFixed(1);
  return `${percent < 0 ? "−" : "+"}${text} %`;
}
