import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, type ReactElement, type ReactNode } from "react";
import { useSearchParams } from "react-router-dom";
import { Button } from "@shared/ui/Button";
import { Failure, Notice } from "@shared/ui/Notice";
import { PageHead } from "../../core/PageHead";
import { formatDay } from "../../core/format";
import { askWarehouse } from "../../core/warehouse/ask";
import { Freshness } from "../../core/warehouse/Freshness";
import { readKnownRange, readOverview, type Overview } from "./figures";
import { KeyFigures } from "./KeyFigures";
import { MonthTable } from "./MonthTable";
import styles from "./Overview.module.css";
import { ProductTable } from "./ProductTable";
import { RangeBar } from "./RangeBar";
import {
  grainFor,
  rangeOf,
  readSelection,
  writeSelection,
  type Range,
  type Selection,
} from "./ranges";
import { SalesChart } from "./SalesChart";

/** Figures are asked for anew this often while the page is looked at. */
const EVERY_MS = 10_000;

export default function OverviewPage(): ReactElement {
  const [params, setParams] = useSearchParams();
  const selection = useMemo(() => readSelection(params), [params]);
  const select = (next: Selection): void => setParams(writeSelection(next));

  const known = useQuery({
    queryKey: ["known-range"],
    queryFn: ({ signal }) => readKnownRange(askWarehouse, signal),
    refetchInterval: EVERY_MS,
  });
  const { from, to } = rangeOf(selection, new Date(), known.data ?? undefined);
  const range = useMemo<Range>(() => ({ from, to }), [from, to]);
  const grain = grainFor(range, selection.grain);
  const overview = useQuery({
    queryKey: ["overview", from, to, grain],
    queryFn: ({ signal }) => readOverview(askWarehouse, range, grain, signal),
    // All days are those that have orders, so these must be known first.
    enabled: selection.preset !== "all" || known.data !== undefined,
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  });
  const nothing = overview.data?.now.orders === 0n;

  return (
    <>
      <PageHead title="Overview">
        <Freshness of={overview.data?.fresh} {...(overview.error && { idle: "No answer" })} />
      </PageHead>
      <RangeBar selection={selection} range={range} grain={grain} onSelect={select} />
      <div className={styles.notices}>
        {overview.error && (
          <Failure
            title={
              overview.data ? "These figures are not the newest." : "The figures cannot be read."
            }
            error={overview.error}
            onRetry={() => void overview.refetch()}
          />
        )}
      </div>
      <Sheets
        overview={overview.data}
        range={range}
        grain={grain}
        select={select}
        selection={selection}
        note={nothing && <Nothing known={known.data} onAll={() => select({ preset: "all" })} />}
      />
    </>
  );
}

interface SheetsProps {
  overview: Overview | undefined;
  range: Range;
  grain: ReturnType<typeof grainFor>;
  selection: Selection;
  select: (selection: Selection) => void;
  /** Said where the chart is. */
  note: ReactNode;
}

function Sheets({ overview, range, grain, selection, select, note }: SheetsProps): ReactElement {
  return (
    <div className={styles.sheets}>
      <KeyFigures overview={overview} range={range} />
      <SalesChart
        series={overview?.series}
        range={range}
        grain={grain}
        note={note}
        onSelect={(chosen) => select({ preset: "custom", range: chosen, grain: selection.grain })}
      />
      <ProductTable overview={overview} />
      <MonthTable
        overview={overview}
        onSelect={(chosen) => select({ preset: "custom", range: chosen })}
      />
    </div>
  );
}

function Nothing({
  known,
  onAll,
}: {
  known: Range | null | undefined;
  onAll: () => void;
}): ReactElement {
  if (!known) {
    return (
      <Notice title="No orders yet." role="status">
        <p>As soon as the first order has arrived in the warehouse, it is counted here.</p>
      </Notice>
    );
  }
  return (
    <Notice title="No orders in these days." role="status">
      <p>
        There are orders from {formatDay(known.from)} to {formatDay(known.to)}.
      </p>
      <Button onClick={onAll}>Show all of them</Button>
    </Notice>
  );
}
