/** What orderinfo/list takes as order_date: a year, a month or a day, with hyphens. */
export interface Period {
  year: number;
  month?: number;
  day?: number;
}

const FIRST_YEAR = 1;
const LAST_YEAR = 9999;

/** A period as the API writes it; undefined where the text is none, or no real date. */
export function parsePeriod(text: string): Period | undefined {
  const match = /^(\d{4})(?:[-/](\d{2})(?:[-/](\d{2}))?)?$/.exec(text.trim());
  if (!match) return undefined;
  const [year, month, day] = match.slice(1).map((part) => (part ? Number(part) : undefined));
  if (year === undefined || year < FIRST_YEAR) return undefined;
  if (month === undefined) return { year };
  if (month < 1 || month > 12) return undefined;
  if (day === undefined) return { year, month };
  const last = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  return day >= 1 && day <= last ? { year, month, day } : undefined;
}

export function periodText({ year, month, day }: Period): string {
  const parts = [String(year).padStart(4, "0")];
  if (month !== undefined) parts.push(String(month).padStart(2, "0"));
  if (month !== undefined && day !== undefined) parts.push(String(day).padStart(2, "0"));
  return parts.join("-");
}

export function yearBeside(year: number, by: -1 | 1): number | undefined {
  const beside = year + by;
  return beside < FIRST_YEAR || beside > LAST_YEAR ? undefined : beside;
}
