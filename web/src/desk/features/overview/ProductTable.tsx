import { useState, type ReactElement } from "react";
import { Button } from "@shared/ui/Button";
import { Skeleton } from "@shared/ui/Skeleton";
import { formatCount } from "../../core/format";
import { share, type Overview } from "./figures";
import styles from "./Overview.module.css";

const FIRST = 10;

/** What sold best in these days. */
export function ProductTable({ overview }: { overview: Overview | undefined }): ReactElement {
  const [more, setMore] = useState(false);
  const shown = overview?.products.slice(0, more ? undefined : FIRST) ?? [];
  const top = overview?.products[0]?.revenue ?? 0n;
  const left = (overview?.productCount ?? 0) - shown.length;
  return (
    <section className={styles.sheet} aria-labelledby="by-product">
      <header className={styles.sheetHead}>
        <h2 id="by-product">By product</h2>
        <p className={styles.hint}>
          {overview ? `${formatCount(overview.productCount)} sold` : ""}
        </p>
      </header>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Product</th>
            <th scope="col">Units</th>
            <th scope="col">Revenue</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((product) => (
            <tr key={product.id}>
              <th scope="row">
                <span className={styles.name}>{product.name}</span>
                <Bar of={share(product.revenue, top)} />
              </th>
              <td>{formatCount(product.units)}</td>
              <td>{formatCount(product.revenue)}</td>
              <td>{(share(product.revenue, overview?.now.revenue ?? 0n) * 100).toFixed(1)} %</td>
            </tr>
          ))}
          {!overview && <Waiting rows={5} columns={4} />}
        </tbody>
      </table>
      {overview && shown.length === 0 && (
        <p className={styles.empty}>Nothing was sold in these days.</p>
      )}
      {!more && (overview?.products.length ?? 0) > FIRST && (
        <Button look="quiet" onClick={() => setMore(true)}>
          Show {formatCount((overview?.products.length ?? 0) - FIRST)} more
        </Button>
      )}
      {left > 0 && (more || (overview?.products.length ?? 0) <= FIRST) && (
        <p className={styles.hint}>{formatCount(left)} more that sold less: ask for them in SQL.</p>
      )}
    </section>
  );
}

export function Bar({ of }: { of: number }): ReactElement {
  return (
    <span className={styles.barTrack} aria-hidden="true">
      <span className={styles.bar} style={{ width: `${(of * 100).toFixed(2)}%` }} />
    </span>
  );
}

export function Waiting({ rows, columns }: { rows: number; columns: number }): ReactElement {
  return (
    <>
      {Array.from({ length: rows }, (_, row) => (
        <tr key={row}>
          {Array.from({ length: columns }, (__, column) => (
            <td key={column}>
              <Skeleton width="short" />
            </td>
          ))}
        </tr>
      ))}
    </>
  );
}
