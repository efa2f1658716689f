import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { ReactElement, ReactNode } from "react";
import { answered, api } from "@shared/api/client";
import { moment } from "@shared/format";
import { Button } from "@shared/ui/Button";
import { Failure } from "@shared/ui/Notice";
import { formatCount } from "../../core/format";
import type { ParkedOrder } from "../../core/pipeline/contract";
import styles from "./Pipeline.module.css";

const PAGE_SIZE = 50;

interface Page<T> {
  items: T[];
  next: string | undefined;
}

/** A list of the server, page by page; `count` is of the newest picture, so a change reads it anew. */
function usePages<T>(
  name: string,
  count: number,
  read: (token: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
) {
  return useInfiniteQuery({
    queryKey: [name, count],
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    enabled: count > 0,
    placeholderData: keepPreviousData,
  });
}

async function readParked(
  page_token: string | undefined,
  signal: AbortSignal,
): Promise<Page<ParkedOrder>> {
  const query = { page_size: PAGE_SIZE, ...(page_token === undefined ? {} : { page_token }) };
  const { data } = await answered(api.GET("/api/v1/admin/parked", { params: { query }, signal }));
  return { items: data.orders, next: data.next_page_token };
}

export function ParkedOrders({ count }: { count: number }): ReactElement {
  const pages = usePages("parked", count, readParked);
  return (
    <Waiting
      id="parked"
      title="Parked orders"
      none="No order waits for its product."
      count={count}
      pages={pages}
      entry={(order) => (
        <li key={order.order_id}>
          <p>
            <b>{order.product_id}</b> {order.reason}
          </p>
          <p className={styles.meta}>
            order {order.order_id} of {order.customer_id}, {formatCount(order.number)} pieces, since{" "}
            {moment(order.since)}
          </p>
        </li>
      )}
    />
  );
}

interface WaitingProps<T> {
  id: string;
  title: string;
  none: string;
  count: number;
  pages: ReturnType<typeof usePages<T>>;
  entry: (item: T) => ReactNode;
}

function Waiting<T>({ id, title, none, count, pages, entry }: WaitingProps<T>): ReactElement {
  const items = count > 0 ? (pages.data?.pages.flatMap((page) => page.items) ?? []) : [];
  return (
    <section className={styles.sheet} aria-labelledby={id}>
      <h2 id={id}>
        {title} <span className="muted numeric">{formatCount(count)}</span>
      </h2>
      {count === 0 && <p className={styles.none}>{none}</p>}
      {count > 0 && pages.error && (
        <Failure
          title="The list cannot be read."
          error={pages.error}
          onRetry={() => void pages.refetch()}
        />
      )}
      <ol className={styles.waiting}>{items.map(entry)}</ol>
      {count > 0 && pages.hasNextPage && (
        <Button
          look="quiet"
          busy={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </section>
  );
}
