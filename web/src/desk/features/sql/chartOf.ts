import type { PlotAxes, PlotSeries, Shape } from "../../core/chart/plot";
import type { Token } from "../../core/chart/palette";
import type { Answer } from "../../core/warehouse/ask";
import {
  isNumeric,
  kindOf,
  toNumber,
  toText,
  type Cell,
  type Column,
} from "../../core/warehouse/cells";

/** A chart of more points than this says less, not more. */
export const MAX_PLOTTED = 5_000;
export const MAX_SERIES = 4;
const COLORS: readonly Token[] = ["--chart-1", "--chart-2", "--chart-3", "--chart-4"];

export interface ChartChoice {
  x: number;
  y: number[];
  shape: Shape;
}

export interface ResultChart extends PlotAxes {
  values: number[];
  series: PlotSeries[];
  /** Rows of the answer in the order in which they are drawn. */
  rows: (readonly Cell[])[];
  /** How many rows are not drawn: beyond the bound, or without a place on the x axis. */
  left: number;
}

/** What a result is best drawn as; null where nothing in it is a number. */
export function guessChart({ columns }: Answer): ChartChoice | null {
  const index = (test: (column: Column) => boolean) => columns.findIndex(test);
  const day = index(({ type }) => kindOf(type) === "day" || kindOf(type) === "time");
  const name = index(({ type }) => kindOf(type) === "text" || kindOf(type) === "boolean");
  const numbers = columns.flatMap(({ type }, i) => (isNumeric(type) ? [i] : []));
  if (numbers.length === 0) return null;
  if (day >= 0) return { x: day, y: numbers.slice(0, 1), shape: "area" };
  if (name >= 0) return { x: name, y: numbers.slice(0, 1), shape: "bars" };
  const [x = 0, ...y] = numbers;
  return y.length > 0 ? { x, y: y.slice(0, 1), shape: "line" } : { x: -1, y: [x], shape: "bars" };
}

/** Seconds since 1970 of a DATE or TIMESTAMP as DuckDB writes it, which is UTC where it says nothing. */
export function secondsOf(cell: Cell | undefined): number | undefined {
  const found = /^(\d{4,})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}):(\d{2}(?:\.\d+)?))?/.exec(
    toText(cell),
  );
  if (!found) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0"] = found;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return date.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second);
}

export function chartOf(
  answer: Answer,
  choice: ChartChoice,
  formatY: (value: number) => string,
): ResultChart {
  const column = answer.columns[choice.x];
  const kind = column ? kindOf(column.type) : "text";
  const timed = kind === "day" || kind === "time";
  const numeric = column !== undefined && isNumeric(column.type);
  const places = answer.rows.map((row, i) => {
    if (timed) return secondsOf(row[choice.x]);
    return numeric ? toNumber(row[choice.x]) : i;
  });
  const drawn = answer.rows
    .flatMap((row, i) => {
      const place = places[i];
      return place === undefined ? [] : [{ row, place }];
    })
    .sort((a, b) => a.place - b.place)
    .slice(0, MAX_PLOTTED);
  const names = drawn.map(({ row }, i) => (column ? toText(row[choice.x]) || "NULL" : `${i + 1}`));
  return {
    x: timed ? "time" : numeric ? "number" : "names",
    ...(timed || numeric ? {} : { names }),
    formatY,
    values: timed || numeric ? drawn.map(({ place }) => place) : drawn.map((_, i) => i),
    series: choice.y.map((y, i) => ({
      label: answer.columns[y]?.name ?? "",
      values: drawn.map(({ row }) => toNumber(row[y]) ?? null),
      shape: choice.shape,
      color: COLORS[i % COLORS.length] ?? "--chart-1",
    })),
    rows: drawn.map(({ row }) => row),
    left: answer.rows.length - drawn.length,
  };
}
