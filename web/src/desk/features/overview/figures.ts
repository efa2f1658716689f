import { toInteger, toText, type Cell } from "../../core/warehouse/cells";
import type { Answer, Ask, AskOptions, Parameter } from "../../core/warehouse/ask";
import { addDays, parseDay, startOf, type Day, type Grain } from "./dates";
import { before, type Range } from "./ranges";

/** What was sold; exact, since a sum of prices outgrows a number. */
export interface Figures {
  revenue: bigint;
  orders: bigint;
  units: bigint;
}

export interface ProductFigures extends Figures {
  id: string;
  name: string;
}

export interface Overview {
  now: Figures;
  /** Of the days before the range, as many; undefined where there can be none. */
  then: Figures | undefined;
  series: Map<Day, Figures>;
  products: ProductFigures[];
  /** How many products were sold at all; `products` has the largest. */
  productCount: number;
  months: Map<Day, Figures>;
  monthsFrom: Day;
  /** The answer that is furthest behind. */
  fresh: Pick<Answer, "position" | "lagMs" | "at">;
}

export const MAX_PRODUCTS = 50;
const MONTHS = 12;

const TABLE = "cqrs_example.order_information";
const SUMS = "sum(total_price) AS revenue, count(*) AS orders, sum(number) AS units";

const WITHIN = "order_date BETWEEN $1 AND $2";

/** The values of WITHIN. */
function daysOf({ from, to }: Range): Parameter[] {
  return [from, to].map((value) => ({ type: "DATE", value }));
}

function figures(row: readonly Cell[], at: number): Figures {
  return {
    revenue: toInteger(row[at]),
    orders: toInteger(row[at + 1]),
    units: toInteger(row[at + 2]),
  };
}

const NOTHING: Figures = { revenue: 0n, orders: 0n, units: 0n };

export function add(a: Figures, b: Figures): Figures {
  return { revenue: a.revenue + b.revenue, orders: a.orders + b.orders, units: a.units + b.units };
}

function byStart(answer: Answer): Map<Day, Figures> {
  const all = new Map<Day, Figures>();
  for (const row of answer.rows) {
    const start = parseDay(toText(row[0]));
    if (start) all.set(start, figures(row, 1));
  }
  return all;
}

const TOTAL = `SELECT ${SUMS} FROM ${TABLE} WHERE ${WITHIN}`;
const SERIES =
  `SELECT date_trunc($3, order_date)::DATE AS start, ${SUMS} FROM ${TABLE} ` +
  `WHERE ${WITHIN} GROUP BY start ORDER BY start`;
const PRODUCTS =
  `SELECT product_id, arg_max(product_name, order_date) AS product_name, ${SUMS}, count(*) OVER () AS products ` +
  `FROM ${TABLE} WHERE ${WITHIN} GROUP BY product_id ORDER BY revenue DESC, product_id LIMIT ${MAX_PRODUCTS}`;

/** The first of the twelve months that end with the range's. */
export function firstMonth(range: Range): Day {
  let month = startOf("month", range.to);
  for (let i = 1; i < MONTHS; ++i) month = startOf("month", addDays(month, -1));
  return month;
}

export async function readOverview(
  ask: Ask,
  range: Range,
  grain: Grain,
  signal?: AbortSignal,
): Promise<Overview> {
  const earlier = before(range);
  const monthsFrom = firstMonth(range);
  const of = (days: Range, ...more: Parameter[]): AskOptions => ({
    signal,
    parameters: [...daysOf(days), ...more],
  });
  const [points, sold, months, then] = await Promise.all([
    ask(SERIES, of(range, grain)),
    ask(PRODUCTS, of(range)),
    ask(SERIES, of({ from: monthsFrom, to: range.to }, "month")),
    earlier ? ask(TOTAL, of(earlier)) : undefined,
  ]);
  const answers = [points, sold, months, ...(then ? [then] : [])];
  const all = byStart(points);
  return {
    now: [...all.values()].reduce(add, NOTHING),
    then: then && figures(then.rows[0] ?? [], 0),
    series: all,
    products: sold.rows.map((row) => ({
      id: toText(row[0]),
      name: toText(row[1]),
      ...figures(row, 2),
    })),
    productCount: Number(toInteger(sold.rows[0]?.[5])),
    months: byStart(months),
    monthsFrom,
    fresh: stalest(answers),
  };
}

function stalest(answers: readonly Answer[]): Overview["fresh"] {
  return {
    position: Math.min(...answers.map(({ position }) => position)),
    lagMs: answers.some(({ lagMs }) => lagMs === null)
      ? null
      : Math.max(...answers.map(({ lagMs }) => lagMs ?? 0)),
    at: Math.min(...answers.map(({ at }) => at)),
  };
}

/** From the first to the last day that has orders; undefined where there are none. */
export async function readKnownRange(ask: Ask, signal?: AbortSignal): Promise<Range | null> {
  const answer = await ask(`SELECT min(order_date), max(order_date) FROM ${TABLE}`, { signal });
  const from = parseDay(toText(answer.rows[0]?.[0]));
  const to = parseDay(toText(answer.rows[0]?.[1]));
  return from && to ? { from, to } : null;
}

/** By how much a figure changed, in percent of what it was; undefined where it was nothing. */
export function change(now: bigint, then: bigint | undefined): number | undefined {
  if (then === undefined || then === 0n) return undefined;
  return Number(((now - then) * 1000n) / then) / 10;
}

/** 0 to 1. */
export function share(part: bigint, whole: bigint): number {
  return whole > 0n ? Number((part * 10_000n) / whole) / 10_000 : 0;
}
