import { useId, type ReactElement } from "react";
import type { Product } from "@shared/api/client";
import { Notice } from "@shared/ui/Notice";
import { Skeleton } from "@shared/ui/Skeleton";
import { formatCount } from "../../core/format";
import styles from "./Products.module.css";

interface SearchProps {
  query: string;
  onQuery: (query: string) => void;
}

/** What is looked for in the list. */
export function Search({ query, onQuery }: SearchProps): ReactElement {
  const id = useId();
  return (
    <div className={styles.search}>
      <label htmlFor={id} className="visually-hidden">
        Find by name or ID
      </label>
      <input
        id={id}
        type="search"
        placeholder="Find by name or ID"
        maxLength={512}
        value={query}
        onChange={(event) => onQuery(event.target.value)}
      />
    </div>
  );
}

interface ListProps {
  products: readonly Product[];
  waiting: boolean;
  chosen: Product | undefined;
  onChoose: (id: string) => void;
}

/** The products so far, each to be chosen. */
export function ProductList({ products, waiting, chosen, onChoose }: ListProps): ReactElement {
  return (
    <ul className={styles.list}>
      {waiting &&
        Array.from({ length: 8 }, (_, i) => (
          <li key={i} className={styles.item}>
            <Skeleton width="medium" />
          </li>
        ))}
      {products.map(({ product_id, product_name, unit_price }) => (
        <li key={product_id}>
          <button
            type="button"
            className={styles.item}
            data-product={product_id}
            aria-current={chosen?.product_id === product_id || undefined}
            onClick={() => onChoose(product_id)}
          >
            <span className={styles.name} dir="auto">
              {product_name}
            </span>
            <span className={styles.price}>{formatCount(unit_price)}</span>
            <span className={styles.id}>{product_id}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Said where the list has nothing. */
export function Empty({ query }: { query: string }): ReactElement {
  return query === "" ? (
    <Notice title="No products yet.">
      <p>Add the first one; customers can order it at once.</p>
    </Notice>
  ) : (
    <p className={styles.quiet}>No product’s name or ID contains “{query}”.</p>
  );
}
