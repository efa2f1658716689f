import { useMemo, useState, type ReactElement, type ReactNode } from "react";
import { Button } from "@shared/ui/Button";
import { Plot } from "../../core/chart/Plot";
import type { PlotSeries } from "../../core/chart/plot";
import { formatCompact, formatCount, formatDay, formatMonth } from "../../core/format";
import { toSeconds, type Day, type Grain } from "./dates";
import type { Figures } from "./figures";
import styles from "./Overview.module.css";
import { buckets, type Bucket, type Range } from "./ranges";

interface Props {
  series: Map<Day, Figures> | undefined;
  range: Range;
  grain: Grain;
  onSelect: (range: Range) => void;
  /** What is to be said of these days as a whole. */
  note: ReactNode;
}

function name(grain: Grain, { start, end }: Bucket<unknown>): string {
  if (grain === "day" || start === end) return formatDay(start);
  if (grain === "month" && start.slice(0, 7) === end.slice(0, 7) && start.endsWith("-01"))
    return formatMonth(start);
  return `${formatDay(start)} – ${formatDay(end)}`;
}

/** Revenue and, below it, orders over time. What is drawn over becomes the range. */
export function SalesChart({ series, range, grain, onSelect, note }: Props): ReactElement {
  const [asTable, setAsTable] = useState(false);
  const all = useMemo(
    () => buckets(range, grain, series ?? new Map<Day, Figures>()),
    [range, grain, series],
  );
  const drawn = useMemo(() => {
    const line = (
      label: string,
      color: PlotSeries["color"],
      of: (figures: Figures) => bigint,
    ): PlotSeries[] => [
      {
        label,
        color,
        shape: "bars",
        values: all.map(({ value }) => Number(value ? of(value) : 0n)),
      },
    ];
    return {
      values: all.map(({ start }) => toSeconds(start)),
      revenue: line("Revenue", "--chart-1", ({ revenue }) => revenue),
      orders: line("Orders", "--chart-2", ({ orders }) => orders),
    };
  }, [all]);
  const describe = (
    index: number,
  ): { title: string; lines: { label: string; value: string }[] } => {
    const bucket = all[index];
    return {
      title: bucket ? name(grain, bucket) : "",
      lines: [
        { label: "Revenue", value: formatCount(bucket?.value?.revenue ?? 0n) },
        { label: "Orders", value: formatCount(bucket?.value?.orders ?? 0n) },
        { label: "Units", value: formatCount(bucket?.value?.units ?? 0n) },
      ],
    };
  };
  const select = (from: number, to: number): void => {
    const [first, last] = [all[from], all[to]];
    if (first && last) onSelect({ from: first.start, to: last.end });
  };
  const common = {
    values: drawn.values,
    x: "time" as const,
    formatY: formatCompact,
    describe,
    onSelect: select,
  };
  return (
    <section className={styles.sheet} data-wide aria-labelledby="over-time">
      <header className={styles.sheetHead}>
        <h2 id="over-time">Over time</h2>
        <p className={styles.hint}>Draw over days to look closer.</p>
        <Button look="quiet" onClick={() => setAsTable(!asTable)} aria-pressed={asTable}>
          As a table
        </Button>
      </header>
      {asTable ? (
        <>
          {note}
          <SalesTable all={all} grain={grain} />
        </>
      ) : (
        <div className={styles.charts} data-loading={series === undefined || undefined}>
          <h3 className={styles.axis}>Revenue</h3>
          <Plot label={`Revenue by ${grain}`} series={drawn.revenue} height={260} {...common} />
          <h3 className={styles.axis}>Orders</h3>
          <Plot label={`Orders by ${grain}`} series={drawn.orders} height={130} {...common} />
          {note && <div className={styles.note}>{note}</div>}
        </div>
      )}
    </section>
  );
}

function SalesTable({ all, grain }: { all: Bucket<Figures>[]; grain: Grain }): ReactElement {
  return (
    // A region that scrolls must be reached with the keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.tableScroll} tabIndex={0} role="region" aria-label={`Sales by ${grain}`}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{grain === "day" ? "Day" : "Days"}</th>
            <th scope="col">Revenue</th>
            <th scope="col">Orders</th>
            <th scope="col">Units</th>
          </tr>
        </thead>
        <tbody>
          {all.map((bucket) => (
            <tr key={bucket.start}>
              <th scope="row">{name(grain, bucket)}</th>
              <td>{formatCount(bucket.value?.revenue ?? 0n)}</td>
              <td>{formatCount(bucket.value?.orders ?? 0n)}</td>
              <td>{formatCount(bucket.value?.units ?? 0n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
