const LOCALE = "en-GB";

const integers = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const days = new Intl.DateTimeFormat(LOCALE, { dateStyle: "long", timeZone: "UTC" });
const times = new Intl.DateTimeFormat(LOCALE, { timeStyle: "medium" });
const moments = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "medium" });
const months = new Intl.DateTimeFormat(LOCALE, { month: "long", timeZone: "UTC" });

/** Prices are whole numbers of the shop's one unit, which has no name in the API. */
export function money(amount: number | bigint): string {
  return integers.format(amount);
}

export const count = money;

/** number × unit_price: at most 9e15, so exact in a number; a sum of them may not be. */
export function sum(amounts: readonly number[]): bigint {
  return amounts.reduce((total, amount) => total + BigInt(amount), 0n);
}

/** YYYY-MM-DD as words. */
export function day(date: string): string {
  return days.format(new Date(`${date}T00:00:00Z`));
}

/** Month 1 to 12 as a word. */
export function monthName(month: number): string {
  return months.format(new Date(Date.UTC(2000, month - 1, 1)));
}

export function time(moment: string | number): string {
  return times.format(new Date(moment));
}

export function moment(at: string | number): string {
  return moments.format(new Date(at));
}
