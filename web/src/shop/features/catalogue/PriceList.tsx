import { memo, type ReactElement } from "react";
import { Link } from "react-router-dom";
import type { Product } from "@shared/api/client";
import { money } from "@shared/format";
import { classes } from "@shared/ui/classes";
import { Skeleton } from "@shared/ui/Skeleton";
import { AddToCart } from "./AddToCart";
import styles from "./PriceList.module.css";

interface Props {
  products: Product[];
  /** It is the answer to the search before. */
  faded: boolean;
}

export function PriceList({ products, faded }: Props): ReactElement {
  return (
    <ul className={classes(styles.list, faded && styles.faded)} aria-busy={faded}>
      {products.map((product) => (
        <Row key={product.product_id} product={product} />
      ))}
    </ul>
  );
}

const Row = memo(function Row({ product }: { product: Product }): ReactElement {
  return (
    <li className={styles.row}>
      <div className={styles.what}>
        <Link
          to={`/products/${encodeURIComponent(product.product_id)}`}
          className={styles.name}
          dir="auto"
        >
          {product.product_name}
        </Link>
        <span className={styles.id} dir="auto">
          {product.product_id}
        </span>
      </div>
      <span aria-hidden className={styles.leader} />
      <span className={styles.price}>{money(product.unit_price)}</span>
      <AddToCart product={product} />
    </li>
  );
});

const SKELETON_ROWS = [0, 1, 2, 3, 4, 5, 6, 7] as const;

export function PriceListSkeleton(): ReactElement {
  return (
    <>
      <p role="status" className="visually-hidden">
        Loading the price list…
      </p>
      <ul className={styles.list} aria-hidden>
        {SKELETON_ROWS.map((row) => (
          <li key={row} className={styles.row}>
            <div className={styles.what}>
              <span className={styles.name}>
                <Skeleton width={row % 3 === 0 ? "long" : "medium"} />
              </span>
              <span className={styles.id}>
                <Skeleton width="short" />
              </span>
            </div>
            <span className={styles.leader} />
            <span className={styles.price}>
              <Skeleton width="short" />
            </span>
            <span className={styles.gap} />
          </li>
        ))}
      </ul>
    </>
  );
}
