import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue, useId, useMemo, useState, type ReactElement } from "react";
import { useSearchParams } from "react-router-dom";
import type { Product } from "@shared/api/client";
import { Button } from "@shared/ui/Button";
import { Failure, Notice } from "@shared/ui/Notice";
import { Skeleton } from "@shared/ui/Skeleton";
import { PageHead } from "../../core/PageHead";
import { formatCount } from "../../core/format";
import { PriceHistory } from "./PriceHistory";
import { ProductForm } from "./ProductForm";
import { readProducts } from "./products";
import styles from "./Products.module.css";

const NO_PRODUCTS: Product[] = [];

export default function ProductsPage(): ReactElement {
  const [params, setParams] = useSearchParams();
  const [query, setQuery] = useState("");
  const [adding, setAdding] = useState(false);
  const asked = useDeferredValue(query.trim());
  const list = useInfiniteQuery({
    queryKey: ["products", asked],
    queryFn: ({ pageParam, signal }) => readProducts(asked, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });
  const products = useMemo(
    () => list.data?.pages.flatMap((page) => page.products) ?? NO_PRODUCTS,
    [list.data],
  );
  const taken = useMemo(() => new Set(products.map(({ product_id }) => product_id)), [products]);
  const chosen = products.find(({ product_id }) => product_id === params.get("product"));
  const choose = (id: string | undefined): void => {
    setAdding(false);
    setParams(id === undefined ? {} : { product: id });
  };

  return (
    <>
      <PageHead title="Products">
        <Button
          look={adding ? "plain" : "primary"}
          aria-expanded={adding}
          onClick={() => setAdding(!adding)}
        >
          {adding ? "Close" : "Add a product"}
        </Button>
      </PageHead>
      {adding && (
        <section className={styles.sheet} aria-label="New product">
          <ProductForm taken={taken} onSaved={({ product_id }) => choose(product_id)} />
        </section>
      )}
      <div className={styles.split} data-chosen={chosen !== undefined || undefined}>
        <section className={styles.sheet} aria-label="List">
          <Search query={query} onQuery={setQuery} />
          {list.error && (
            <Failure
              title="The list cannot be read."
              error={list.error}
              onRetry={() => void list.refetch()}
            />
          )}
          <ProductList
            products={products}
            waiting={list.isPending}
            chosen={chosen}
            onChoose={choose}
          />
          {list.data && products.length === 0 && !list.hasNextPage && <Empty query={asked} />}
          {list.hasNextPage && (
            <Button
              look="quiet"
              busy={list.isFetchingNextPage}
              onClick={() => void list.fetchNextPage()}
            >
              Show more
            </Button>
          )}
        </section>
        {chosen ? (
          <Chosen
            key={chosen.product_id}
            product={chosen}
            taken={taken}
            onClose={() => choose(undefined)}
          />
        ) : (
          products.length > 0 && (
            <p className={styles.hint}>
              Choose a product to change its price and see what it has cost.
            </p>
          )
        )}
      </div>
    </>
  );
}

interface SearchProps {
  query: string;
  onQuery: (query: string) => void;
}

function Search({ query, onQuery }: SearchProps): ReactElement {
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

function ProductList({ products, waiting, chosen, onChoose }: ListProps): ReactElement {
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
            aria-current={chosen?.product_id === product_id || undefined}
            onClick={() => onChoose(product_id)}
          >
            <span className={styles.name}>{product_name}</span>
            <span className={styles.price}>{formatCount(unit_price)}</span>
            <span className={styles.id}>{product_id}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Empty({ query }: { query: string }): ReactElement {
  return query === "" ? (
    <Notice title="No products yet.">
      <p>Add the first one; customers can order it at once.</p>
    </Notice>
  ) : (
    <p className={styles.quiet}>No product’s name or ID contains “{query}”.</p>
  );
}

interface ChosenProps {
  product: Product;
  taken: ReadonlySet<string>;
  onClose: () => void;
}

function Chosen({ product, taken, onClose }: ChosenProps): ReactElement {
  return (
    <section className={styles.sheet} aria-label={product.product_name}>
      <header className={styles.chosenHead}>
        <div>
          <h2>{product.product_name}</h2>
          <p className={styles.id}>{product.product_id}</p>
        </div>
        <Button look="quiet" onClick={onClose}>
          Close
        </Button>
      </header>
      <ProductForm
        key={`${product.product_name} ${product.unit_price}`}
        product={product}
        taken={taken}
      />
      <p className={styles.quiet}>Orders that were accepted before keep the price of their time.</p>
      <h3 className={styles.subhead}>Price history</h3>
      <PriceHistory product={product} />
    </section>
  );
}
