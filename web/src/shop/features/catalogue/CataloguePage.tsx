import { useCallback, useEffect, type ReactElement, type ReactNode } from "react";
import { useSearchParams } from "react-router-dom";
import { hasLostPlace } from "@shared/api/problem";
import { count } from "@shared/format";
import { announce } from "@shared/ui/announce";
import { Button } from "@shared/ui/Button";
import { Failure, Notice } from "@shared/ui/Notice";
import { ShowMore } from "@shared/ui/ShowMore";
import { PageHead } from "../../core/PageHead";
import styles from "./CataloguePage.module.css";
import { PriceList, PriceListSkeleton } from "./PriceList";
import { SearchField } from "./SearchField";
import { useProducts } from "./useProducts";

/** The price list with its search; beside it stands what the cart has so far. */
export function CataloguePage({ aside }: { aside: ReactNode }): ReactElement {
  const [parameters, setParameters] = useSearchParams();
  const query = parameters.get("q") ?? "";
  const search = useCallback(
    (next: string) => setParameters(next === "" ? {} : { q: next }, { replace: true }),
    [setParameters],
  );

  return (
    <>
      <PageHead title="Price list">
        Pick what you need; each product becomes an order of its own, and you can watch it travel.
      </PageHead>
      <div className={styles.columns}>
        <section aria-label="Products" className={styles.list}>
          <SearchField query={query} onSearch={search} />
          <Results query={query} onClear={() => search("")} />
        </section>
        <div className={styles.aside}>{aside}</div>
      </div>
    </>
  );
}

function Results({ query, onClear }: { query: string; onClear: () => void }): ReactElement {
  const { data, error, isPending, isPlaceholderData, isFetchNextPageError, ...list } =
    useProducts(query);
  const products = data?.pages.flatMap((page) => page.products) ?? [];
  const shown = `${count(products.length)} ${products.length === 1 ? "product" : "products"}`;
  const found = `${shown}${list.hasNextPage ? " so far" : ""}`;
  const settled = data !== undefined && !isPlaceholderData;

  useEffect(() => {
    if (settled) announce(found);
  }, [settled, found]);

  if (isPending && list.fetchStatus === "paused") {
    return <Notice title="You are offline">The price list comes when you are back.</Notice>;
  }
  if (isPending) return <PriceListSkeleton />;
  if (error && !isFetchNextPageError) {
    return (
      <Failure
        title="The price list cannot be shown"
        error={error}
        onRetry={() => void list.refetch()}
      />
    );
  }
  if (products.length === 0 && !list.hasNextPage) {
    return query === "" ? (
      <Notice title="The price list is empty">
        <p>As soon as the shop owner enters a product, it stands here.</p>
      </Notice>
    ) : (
      <Notice title={`Nothing has “${query}” in its name or ID`}>
        <Button onClick={onClear}>Show everything</Button>
      </Notice>
    );
  }
  return (
    <>
      <PriceList products={products} faded={isPlaceholderData} />
      {error && (
        <Failure
          title="The rest of the list did not come"
          error={error}
          onRetry={() => void (hasLostPlace(error) ? list.refetch() : list.fetchNextPage())}
        />
      )}
      <div className={styles.more}>
        <p>{found}</p>
        <ShowMore
          more={list.hasNextPage}
          busy={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      </div>
    </>
  );
}
