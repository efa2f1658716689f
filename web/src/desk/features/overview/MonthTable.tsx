import type { ReactElement } from "react";
import { formatChange, formatCount, formatMonth } from "../../core/format";
import { endOf, next, type Day } from "./dates";
import { change, share, type Figures, type Overview } from "./figures";
import styles from "./Overview.module.css";
import { Bar, Waiting } from "./ProductTable";
import type { Range } from "./ranges";

interface Row extends Figures {
  month: Day;
  change: number | undefined;
}

const NOTHING: Figures = { revenue: 0n, orders: 0n, units: 0n };

/** Twelve months, the newest first. */
function rowsOf({ months, monthsFrom }: Overview, count: number): Row[] {
  const rows: Row[] = [];
  let before: Figures | undefined;
  let month: Day | undefined = monthsFrom;
  for (let i = 0; i < count && month; ++i) {
    const figures: Figures = months.get(month) ?? NOTHING;
    rows.push({ month, ...figures, change: change(figures.revenue, before?.revenue) });
    before = figures;
    month = next("month", month);
  }
  return rows.reverse();
}

interface Props {
  overview: Overview | undefined;
  onSelect: (range: Range) => void;
}

export function MonthTable({ overview, onSelect }: Props): ReactElement {
  const rows = overview ? rowsOf(overview, 12) : [];
  const top = rows.reduce((most, { revenue }) => (revenue > most ? revenue : most), 0n);
  return (
    <section className={styles.sheet} aria-labelledby="by-month">
      <header className={styles.sheetHead}>
        <h2 id="by-month">By month</h2>
        <p className={styles.hint}>Twelve, up to the last day shown</p>
      </header>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Month</th>
            <th scope="col">Orders</th>
            <th scope="col">Revenue</th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ month, orders, revenue, change: percent }) => (
            <tr key={month}>
              <th scope="row">
                <button
                  type="button"
                  className={styles.pick}
                  onClick={() => onSelect({ from: month, to: endOf("month", month) })}
                >
                  {formatMonth(month)}
                </button>
                <Bar of={share(revenue, top)} />
              </th>
              <td>{formatCount(orders)}</td>
              <td>{formatCount(revenue)}</td>
              <td>{percent === undefined ? "–" : formatChange(percent)}</td>
            </tr>
          ))}
          {!overview && <Waiting rows={12} columns={4} />}
        </tbody>
      </table>
    </section>
  );
}
