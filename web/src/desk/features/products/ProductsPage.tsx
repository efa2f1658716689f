import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import {
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactElement,
  type RefObject,
} from "react";
import { useSearchParams } from "react-router-dom";
import type { Product } from "@shared/api/client";
import { Button } from "@shared/ui/Button";
import { Failure } from "@shared/ui/Notice";
import { ShowMore } from "@shared/ui/ShowMore";
import { PageHead } from "../../core/PageHead";
import { Wanted } from "./Chosen";
import { ProductForm } from "./ProductForm";
import { Empty, ProductList, Search } from "./ProductList";
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
