import uPlot from "uplot";
import { colorOf, type Token } from "./palette";

export type Shape = "bars" | "area" | "line" | "steps" | "points";

export interface PlotSeries {
  label: string;
  values: readonly (number | null)[];
  shape: Shape;
  color: Token;
}

export interface PlotAxes {
  /** Times are seconds since 1970 in UTC, numbers are numbers, names are drawn in their order. */
  x: "time" | "number" | "names";
  names?: readonly string[] | undefined;
  formatY: (value: number) => string;
}

export interface PlotEvents {
  onIndex: (index: number | null) => void;
  onSelect?: ((from: number, to: number) => void) | undefined;
}

const FONT = '12px "Instrument Sans Variable", system-ui, sans-serif';

/** Bars that are narrower than this, their gap included, are a hedge: an area says more. */
const LEAST_BAR_PX = 6;

function drawnAs({ shape }: PlotSeries, points: number, width: number): Shape {
  return shape === "bars" && width / Math.max(points, 1) < LEAST_BAR_PX ? "area" : shape;
}

function pathsOf(shape: Shape): uPlot.Series.PathBuilder | undefined {
  const { bars, stepped, linear } = uPlot.paths;
  switch (shape) {
    case "bars":
      return bars?.({ size: [0.72, 64], radius: 0.15 });
    case "steps":
      return stepped?.({ align: 1 });
    case "points":
      return () => null;
    case "area":
    case "line":
      return linear?.();
  }
}

function seriesOf(element: Element, series: PlotSeries): uPlot.Series {
  const color = colorOf(element, series.color);
  const filled = series.shape === "bars" || series.shape === "area";
  const lone = series.values.filter((value) => value !== null).length === 1;
  const paths = pathsOf(series.shape);
  return {
    label: series.label,
    stroke: color,
    width: series.shape === "bars" ? 0 : 2,
    points: {
      show: series.shape === "points" || (lone && series.shape !== "bars"),
      size: 6,
      fill: color,
    },
    ...(filled ? { fill: series.shape === "bars" ? color : withAlpha(color, 0.16) } : {}),
    ...(paths ? { paths } : {}),
  };
}

/** color-mix is understood by a canvas only in the newest browsers; hex and rgb everywhere. */
function withAlpha(color: string, alpha: number): string {
  if (/^#[0-9a-f]{6}$/i.test(color)) {
    return `${color}${Math.round(alpha * 255)
      .toString(16)
      .padStart(2, "0")}`;
  }
  return color.replace(
    /^(rgb|hsl|oklch)\(([^/)]+)\)$/,
    (_, name: string, inside: string) => `${name}(${inside} / ${alpha})`,
  );
}

/** Room at both ends, so that the first and last bar, or the only point, are whole. */
function padded(x: readonly number[]): uPlot.Range.Function {
  const gaps = x.slice(1).map((value, i) => value - (x[i] ?? value));
  const gap = gaps.length > 0 ? Math.min(...gaps) : 86_400;
  return (_, min, max) => [min - gap / 2, max + gap / 2];
}

export function plotOptions(
  element: HTMLElement,
  size: { width: number; height: number },
  x: readonly number[],
  given: readonly PlotSeries[],
  axes: PlotAxes,
  events: PlotEvents,
): uPlot.Options {
  const series = given.map((each) => ({ ...each, shape: drawnAs(each, x.length, size.width) }));
  const faint = colorOf(element, "--chart-axis");
  const grid = { stroke: colorOf(element, "--chart-grid"), width: 1 };
  const bars = series.some(({ shape }) => shape === "bars");
  const names = axes.names;
  return {
    ...size,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    legend: { show: false },
    padding: [12, 24, 0, 0],
    cursor: {
      y: false,
      points: { show: !bars },
      drag: { x: events.onSelect !== undefined, y: false, setScale: false },
    },
    scales: {
      x: { time: axes.x === "time", ...(bars || x.length < 2 ? { range: padded(x) } : {}) },
      y: { range: (_, min, max) => yRange(min, max) },
    },
    axes: [
      {
        stroke: faint,
        font: FONT,
        grid: { show: false },
        ticks: { show: false },
        size: 28,
        gap: 6,
        ...(names
          ? {
              splits: (_, __, min, max) =>
                wholeSteps(min, max, Math.max(1, Math.floor(size.width / 96))),
              values: (_, splits) => splits.map((at) => shorten(names[at] ?? "")),
            }
          : axes.x === "time"
            ? {
                space: 72,
                values: (_, splits, __, ___, step) => splits.map((at) => timeLabel(at, step)),
              }
            : {}),
      },
      {
        stroke: faint,
        font: FONT,
        grid,
        ticks: { show: false },
        size: 56,
        gap: 8,
        ...(areWhole(series) && { incrs: WHOLE_STEPS }),
        values: (_, splits) => splits.map(axes.formatY),
      },
    ],
    series: [{}, ...series.map((each) => seriesOf(element, each))],
    hooks: {
      setCursor: [
        (u) => {
          events.onIndex(
            u.cursor.left !== undefined && u.cursor.left >= 0 ? (u.cursor.idx ?? null) : null,
          );
        },
      ],
      setSelect: [
        (u) => {
          if (u.select.width < 4 || !events.onSelect) return;
          const from = u.posToIdx(u.select.left);
          const to = u.posToIdx(u.select.left + u.select.width);
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          events.onSelect(Math.min(from, to), Math.max(from, to));
        },
      ],
    },
  };
}

const HOUR = 3_600;
const timeFormats = {
  years: new Intl.DateTimeFormat("en-GB", { year: "numeric", timeZone: "UTC" }),
  months: new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" }),
  days: new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" }),
  times: new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" }),
};

/** A tick of the time axis, as finely as the ticks stand apart. */
function timeLabel(seconds: number, step: number): string {
  const { years, months, days, times } = timeFormats;
  const format =
    step >= 360 * 24 * HOUR
      ? years
      : step >= 28 * 24 * HOUR
        ? months
        : step >= 24 * HOUR
          ? days
          : times;
  return format.format(new Date(seconds * 1000));
}

/** From zero, or from below it where there is less; never without height. */
function yRange(min: number | null, max: number | null): uPlot.Range.MinMax {
  const low = Math.min(min ?? 0, 0);
  const above = Math.max(max ?? 0, 0);
  const high = low === 0 && above === 0 ? 1 : above;
  const room = (high - low) * 0.08;
  return [low < 0 ? low - room : 0, high > 0 ? high + room : 0];
}

/** An axis of whole numbers has no steps that are none: they would be labelled 0, 0, 1, 1. */
const WHOLE_STEPS = Array.from({ length: 16 }, (_, exponent) =>
  [1, 2, 2.5, 5].map((step) => step * 10 ** exponent),
)
  .flat()
  .filter(Number.isInteger);

function areWhole(series: readonly PlotSeries[]): boolean {
  return series.every(({ values }) => values.every((it) => it === null || Number.isInteger(it)));
}

function wholeSteps(min: number, max: number, most: number): number[] {
  const [first, last] = [Math.ceil(min), Math.floor(max)];
  const step = Math.max(1, Math.ceil((last - first + 1) / most));
  const all: number[] = [];
  for (let at = first; at <= last; at += step) all.push(at);
  return all;
}

function shorten(name: string): string {
  const characters = Array.from(name);
  return characters.length <= 14 ? name : `${characters.slice(0, 13).join("")}…`;
}
