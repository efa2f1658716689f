import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  type UseQueryResult,
} from "@tanstack/react-query";
import {
  useDeferredValue,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  type ReactElement,
  type RefObject,
} from "react";
import { useSearchParams } from "react-router-dom";
import type { Product } from "@shared/api/client";
import { Button } from "@shared/ui/Button";
import { classes } from "@shared/ui/classes";
import { Failure, Notice } from "@shared/ui/Notice";
import { ShowMore } from "@shared/ui/ShowMore";
import { Skeleton } from "@shared/ui/Skeleton";
import { PageHead } from "../../core/PageHead";
import { formatCount } from "../../core/format";
import { Chosen, ChosenWaiting } from "./Chosen";
import { ProductForm } from "./ProductForm";
import { readProduct, readProducts } from "./products";
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
  const wanted = params.get("product");
  // It may stand on a page of the list that nobody has asked for, or not match the search.
  const own = useQuery({
    queryKey: ["product", wanted],
    queryFn: ({ signal }) => readProduct(wanted ?? "", signal),
    enabled: wanted !== null,
  });
  const chosen = own.data ?? products.find(({ product_id }) => product_id === wanted);
  const choose = (id: string | undefined): void => {
    setAdding(false);
    setParams(id === undefined ? {} : { product: id });
  };
  const page = useRef<HTMLDivElement>(null);
  useFocusOn(wanted, page);

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
      <div ref={page} className={styles.split} data-chosen={wanted !== null || undefined}>
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
          <ShowMore
            look="quiet"
            more={list.hasNextPage}
            busy={list.isFetchingNextPage}
            onMore={() => void list.fetchNextPage()}
          />
        </section>
        {wanted !== null && (
          <div
            className={styles.wanted}
            data-wanted
            tabIndex={-1}
            role="group"
            aria-label="Chosen product"
          >
            <Wanted
              id={wanted}
              product={chosen}
              query={own}
              taken={taken}
              onClose={() => choose(undefined)}
            />
          </div>
        )}
        {wanted === null && products.length > 0 && (
          <p className={styles.hint}>
            Choose a product to change its price and see what it has cost.
          </p>
        )}
      </div>
    </>
  );
}

/** What was pressed leads to the product, and closing it back to where it stands in the list. */
function useFocusOn(wanted: string | null, page: RefObject<HTMLElement | null>): void {
  const before = useRef(wanted);
  useEffect(() => {
    const was = before.current;
    before.current = wanted;
    if (was === wanted) return;
    const item = was === null ? null : `[data-product="${CSS.escape(was)}"]`;
    const selector = wanted === null ? (item ?? "input") : "[data-wanted]";
    const target = page.current?.querySelector<HTMLElement>(selector);
    (target ?? page.current?.querySelector("input"))?.focus();
  }, [wanted, page]);
}

interface WantedProps {
  id: string;
  product: Product | undefined;
  query: UseQueryResult<Product | null>;
  taken: ReadonlySet<string>;
  onClose: () => void;
}

/** The product that the address names, wherever in the list it stands. */
function Wanted({ id, product, query, taken, onClose }: WantedProps): ReactElement {
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

function Empty({ query }: { query: string }): ReactElement {
  return query === "" ? (
    <Notice title="No products yet.">
      <p>Add the first one; customers can order it at once.</p>
    </Notice>
  ) : (
    <p className={styles.quiet}>No product’s name or ID contains “{query}”.</p>
  );
}
