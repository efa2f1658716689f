import { useEffect, type ReactElement } from "react";
import { Link } from "react-router-dom";
import type { OrderInfo } from "@shared/api/client";
import { hasLostPlace } from "@shared/api/problem";
import { count, day, money, sum } from "@shared/format";
import { announce } from "@shared/ui/announce";
import { Failure, Notice } from "@shared/ui/Notice";
import { ShowMore } from "@shared/ui/ShowMore";
import { Skeleton } from "@shared/ui/Skeleton";
import { periodText, type Period } from "./dates";
import styles from "./History.module.css";
import { periodWords } from "./PeriodPicker";
import { useOrders } from "./useOrders";

interface Props {
  customer: string;
  period: Period;
}

/** The orders of a period, day by day, in the order of the API. */
export function History({ customer, period }: Props): ReactElement {
  const { data, error, isPending, isFetchNextPageError, ...list } = useOrders(
    customer,
    periodText(period),
  );
  const orders = data?.pages.flatMap((page) => page.orders) ?? [];
  const words = `${count(orders.length)} ${orders.length === 1 ? "order" : "orders"}`;
  const found = `${words}${list.hasNextPage ? " so far" : ""}`;
  const there = data !== undefined;
  useEffect(() => {
    if (there) announce(found);
  }, [there, found]);

  return (
    <section aria-labelledby="period" className={styles.history}>
      <div className={styles.head}>
        <h2 id="period">{periodWords(period)}</h2>
        {there && orders.length > 0 && (
          <p className={styles.sum}>
            {words}, {money(sum(orders.map((order) => order.total_price)))}{" "}
            {list.hasNextPage ? "so far" : "in all"}
          </p>
        )}
      </div>
      {isPending && list.fetchStatus === "paused" && (
        <Notice title="You are offline">Your orders come when you are back.</Notice>
      )}
      {isPending && list.fetchStatus !== "paused" && <HistorySkeleton />}
      {error && !isFetchNextPageError && (
        <Failure
          title="Your orders cannot be shown"
          error={error}
          onRetry={() => void list.refetch()}
        />
      )}
      {there && orders.length === 0 && (
        <Notice title="No orders">
          <p>You have ordered nothing in this time. Choose another one above.</p>
        </Notice>
      )}
      {byDay(orders).map(([date, ofDay]) => (
        <Day key={date} date={date} orders={ofDay} />
      ))}
      {isFetchNextPageError && (
        <Failure
          title="The rest did not come"
          error={error}
          onRetry={() => void (hasLostPlace(error) ? list.refetch() : list.fetchNextPage())}
        />
      )}
      <ShowMore
        more={list.hasNextPage}
        busy={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
    </section>
  );
}

function Day({ date, orders }: { date: string; orders: OrderInfo[] }): ReactElement {
  return (
    <div className={styles.day}>
      <h3>
        <Link to={`/orders?date=${date}`}>{day(date)}</Link>
      </h3>
      <ul>
        {orders.map((order) => (
          <li key={order.order_id}>
            <Link to={`/orders/${encodeURIComponent(order.order_id)}`} className={styles.row}>
              <span className={styles.name} dir="auto">
                {order.product_name}
              </span>
              <span className={styles.each}>
                {money(order.number)} × {money(order.unit_price)}
              </span>
              <span className={styles.total}>{money(order.total_price)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

function HistorySkeleton(): ReactElement {
  return (
    <div className={styles.day} aria-hidden>
      <p>
        <Skeleton width="medium" />
      </p>
      <ul>
        {[0, 1, 2].map((row) => (
          <li key={row}>
            <div className={styles.row}>
              <span className={styles.name}>
                <Skeleton width="medium" />
              </span>
              <span className={styles.each}>
                <Skeleton width="short" />
              </span>
              <span className={styles.total}>
                <Skeleton width="short" />
              </span>
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** They come sorted by date, so a day's orders stand together. */
function byDay(orders: OrderInfo[]): [string, OrderInfo[]][] {
  const days = new Map<string, OrderInfo[]>();
  for (const order of orders) {
    const ofDay = days.get(order.order_date);
    if (ofDay) ofDay.push(order);
    else days.set(order.order_date, [order]);
  }
  return [...days];
}
