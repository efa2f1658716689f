import { useQuery } from "@tanstack/react-query";
import { useMemo, type ReactElement } from "react";
import type { Product } from "@shared/api/client";
import { moment } from "@shared/format";
import { Failure } from "@shared/ui/Notice";
import { Plot, type Description } from "../../core/chart/Plot";
import type { PlotSeries } from "../../core/chart/plot";
import { formatChange, formatCompact, formatCount } from "../../core/format";
import { askWarehouse } from "../../core/warehouse/ask";
import { readVersions, type Version } from "./products";
import styles from "./Products.module.css";

/** The warehouse follows within moments; until it has the newest version it is asked this often. */
const FOLLOW_MS = 1_000;

/** What a product has cost, and since when. */
export function PriceHistory({ product }: { product: Product }): ReactElement {
  const history = useQuery({
    queryKey: ["versions", product.product_id],
    queryFn: ({ signal }) => readVersions(askWarehouse, product.product_id, signal),
    refetchInterval: ({ state }) => (isBehind(state.data, product) ? FOLLOW_MS : false),
  });
  const versions = history.data;
  if (!versions) {
    return history.error ? (
      <Failure
        title="The history cannot be read."
        error={history.error}
        onRetry={() => void history.refetch()}
      />
    ) : (
      <p className={styles.quiet}>Reading the history…</p>
    );
  }
  return (
    <>
      {isBehind(versions, product) && (
        <p className={styles.quiet} role="status">
          The newest version is on its way to the warehouse.
        </p>
      )}
      {versions.length > 1 && <PriceChart versions={versions} />}
      <VersionTable versions={versions} />
    </>
  );
}

function isBehind(versions: Version[] | undefined, product: Product): boolean {
  const newest = versions?.at(-1);
  return newest?.price !== product.unit_price || newest.name !== product.product_name;
}

/** The warehouse's TIMESTAMP is UTC and says so nowhere. */
export function instantOf(from: string): number {
  return Date.parse(`${from.replace(" ", "T")}${/[+Z]/.test(from.slice(10)) ? "" : "Z"}`);
}

function PriceChart({ versions }: { versions: Version[] }): ReactElement {
  const [values, series] = useMemo<[number[], PlotSeries[]]>(() => {
    const prices = [...versions.map(({ price }) => price), versions.at(-1)?.price ?? null];
    const times = [...versions.map(({ from }) => instantOf(from) / 1000), Date.now() / 1000];
    return [times, [{ label: "Price", shape: "steps", color: "--chart-1", values: prices }]];
  }, [versions]);
  const describe = (index: number): Description => {
    const version = versions[Math.min(index, versions.length - 1)];
    const isNow = index >= versions.length;
    return {
      title: isNow || !version ? "Now" : `From ${moment(instantOf(version.from))}`,
      lines: [{ label: "Price", value: formatCount(version?.price ?? 0) }],
    };
  };
  return (
    <Plot
      label="Price over time"
      values={values}
      series={series}
      x="time"
      formatY={formatCompact}
      height={170}
      describe={describe}
    />
  );
}

function VersionTable({ versions }: { versions: Version[] }): ReactElement {
  const rows = versions.map((version, i) => {
    const before = versions[i - 1];
    const change =
      before && before.price > 0 ? (version.price / before.price - 1) * 100 : undefined;
    return { ...version, change };
  });
  const newest = rows.at(-1);
  return (
    <table className={styles.versions} aria-label="Versions">
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">Price</th>
          <th scope="col">Change</th>
        </tr>
      </thead>
      <tbody>
        {rows.toReversed().map(({ from, name, price, change }, i) => (
          <tr key={`${from} ${i}`}>
            <th scope="row">
              {moment(instantOf(from))}
              {name !== newest?.name && <span className={styles.quiet}> {name}</span>}
            </th>
            <td>{formatCount(price)}</td>
            <td>{change === undefined ? "–" : formatChange(change)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
