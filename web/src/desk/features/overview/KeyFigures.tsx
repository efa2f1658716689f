import type { ReactElement } from "react";
import { Skeleton } from "@shared/ui/Skeleton";
import { formatChange, formatCount } from "../../core/format";
import { daysIn } from "./dates";
import { change, type Figures, type Overview } from "./figures";
import styles from "./Overview.module.css";
import type { Range } from "./ranges";

const FIGURES: { label: string; of: (figures: Figures) => bigint }[] = [
  { label: "Revenue", of: ({ revenue }) => revenue },
  { label: "Orders", of: ({ orders }) => orders },
  { label: "Units sold", of: ({ units }) => units },
  { label: "Revenue an order", of: ({ revenue, orders }) => (orders > 0n ? revenue / orders : 0n) },
];

/** The sums of the days shown, exact, beside those of as many days before. */
export function KeyFigures({
  overview,
  range,
}: {
  overview: Overview | undefined;
  range: Range;
}): ReactElement {
  const days = daysIn(range.from, range.to);
  return (
    <dl className={styles.figures} aria-label="Sums">
      {FIGURES.map(({ label, of }) => (
        <div key={label} className={styles.figure}>
          <dt>{label}</dt>
          <dd className={styles.value}>
            {overview ? formatCount(of(overview.now)) : <Skeleton width="short" />}
          </dd>
          <dd className={styles.change}>
            {overview ? (
              <Change
                now={of(overview.now)}
                then={overview.then && of(overview.then)}
                days={days}
              />
            ) : (
              " "
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Change({
  now,
  then,
  days,
}: {
  now: bigint;
  then: bigint | undefined;
  days: number;
}): ReactElement {
  const percent = change(now, then);
  const before = days === 1 ? "the day before" : `the ${formatCount(days)} days before`;
  if (percent === undefined) return <>nothing in {before}</>;
  return (
    <>
      <b>{formatChange(percent)}</b> to {before}
    </>
  );
}
