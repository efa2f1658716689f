import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactElement } from "react";
import type { Product } from "@shared/api/client";
import { Button } from "@shared/ui/Button";
import { classes } from "@shared/ui/classes";
import { Failure, Notice } from "@shared/ui/Notice";
import { Skeleton } from "@shared/ui/Skeleton";
import { PriceHistory } from "./PriceHistory";
import { ProductForm } from "./ProductForm";
import styles from "./Products.module.css";

interface WantedProps {
  id: string;
  product: Product | undefined;
  query: UseQueryResult<Product | null>;
  taken: ReadonlySet<string>;
  onClose: () => void;
}

/** The product that the address names, wherever in the list it stands. */
export function Wanted({ id, product, query, taken, onClose }: WantedProps): ReactElement {
  if (product) {
    return <Chosen key={product.product_id} product={product} taken={taken} onClose={onClose} />;
  }
  if (query.isPending) return <ChosenWaiting />;
  return (
    <section className={classes(styles.sheet, styles.chosen)} aria-label={id}>
      {query.error ? (
        <Failure
          title="The product cannot be read."
          error={query.error}
          onRetry={() => void query.refetch()}
        />
      ) : (
        <Notice title="There is no such product." role="status">
          <p className={styles.id}>{id}</p>
          <Button onClick={onClose}>Back to the list</Button>
        </Notice>
      )}
    </section>
  );
}

interface ChosenProps {
  product: Product;
  taken: ReadonlySet<string>;
  onClose: () => void;
}

/** A name longer than this is no heading any more. */
const LONG_NAME = 80;

/** One product: its name and price from now on, and what it has cost. */
function Chosen({ product, taken, onClose }: ChosenProps): ReactElement {
  const { product_id, product_name, unit_price } = product;
  return (
    <section className={classes(styles.sheet, styles.chosen)} aria-label={product_name}>
      <header className={styles.chosenHead}>
        <div>
          <h2 dir="auto" className={classes(product_name.length > LONG_NAME && styles.longName)}>
            {product_name}
          </h2>
          <p className={styles.id}>{product_id}</p>
        </div>
        <Button look="quiet" onClick={onClose}>
          Close
        </Button>
      </header>
      <ProductForm key={`${product_name} ${unit_price}`} product={product} taken={taken} />
      <p className={styles.quiet}>Orders that were accepted before keep the price of their time.</p>
      <h3 className={styles.subhead}>Price history</h3>
      <PriceHistory product={product} />
    </section>
  );
}

/** Holds the place of a product that is still being read. */
function ChosenWaiting(): ReactElement {
  return (
    <section className={classes(styles.sheet, styles.chosen)} aria-busy>
      <p className="visually-hidden" role="status">
        Reading the product…
      </p>
      <Skeleton width="medium" />
    </section>
  );
}
