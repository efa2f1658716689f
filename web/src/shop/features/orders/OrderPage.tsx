import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useEffect, type ReactElement } from "react";
import { Link, useParams } from "react-router-dom";
import { answered, api, type OrderInfo } from "@shared/api/client";
import { Refused } from "@shared/api/problem";
import { day, money } from "@shared/format";
import { useCustomer } from "@shared/identity/customer";
import { Failure, Notice } from "@shared/ui/Notice";
import { Skeleton } from "@shared/ui/Skeleton";
import { CustomerForm } from "../../core/CustomerForm";
import { PageHead } from "../../core/PageHead";
import panel from "../../core/Panel.module.css";
import { noteVisible, useSighting, type Sighting } from "../../core/placed";
import { stageOf } from "../../core/stages";
import { useFollow } from "../../core/useFollow";
import { Journey } from "./Journey";
import styles from "./OrderPage.module.css";
import { Timeline } from "./Timeline";

const ABOVE = <Link to="/orders">Orders</Link>;

/** One order: where it is, and what it says. */
export function OrderPage(): ReactElement {
  const { order_id = "" } = useParams();
  const customer = useCustomer();
  const seen = useSighting(order_id);
  const owner = seen?.customer_id ?? customer;
  if (owner === null) {
    return (
      <>
        <PageHead title="Order" above={ABOVE}>
          Whose is it?
        </PageHead>
        <CustomerForm submit="Look it up" />
      </>
    );
  }
  return <OrderOf key={`${owner} ${order_id}`} customer={owner} order_id={order_id} />;
}

interface Props {
  customer: string;
  order_id: string;
}

function OrderOf({ customer, order_id }: Props): ReactElement {
  const seen = useSighting(order_id);
  const { data: order, error, isPending, refetch } = useOrder(customer, order_id);
  const known = seen !== undefined && (order !== null || seen.accepted_at !== undefined);
  // Only once it was asked for: then what is visible stands below the position the stream begins at.
  const following = useFollow(customer, !isPending && known && seen.stored === undefined);

  useEffect(() => {
    if (order) noteVisible(order);
  }, [order]);

  if (order === null && !seen?.accepted_at) {
    return (
      <>
        <PageHead title="No such order" above={ABOVE}>
          There is none with this ID for <strong dir="auto">{customer}</strong>.
        </PageHead>
        <Notice title={order_id}>It may be another customer’s.</Notice>
      </>
    );
  }
  return (
    <>
      <PageHead
        title={order?.product_name ?? seen?.product_name ?? "Order"}
        documentTitle="Order"
        above={ABOVE}
      />
      <div className={styles.sheet}>
        {error && (
          <Failure title="The order cannot be shown" error={error} onRetry={() => void refetch()} />
        )}
        <section aria-label="Journey" className={panel.panel}>
          <Journey order_id={order_id} seen={seen} following={following} />
        </section>
        <div className={styles.columns}>
          <Facts order_id={order_id} order={order ?? undefined} seen={seen} />
          <Timeline customer={customer} order_id={order_id} stage={stageOf(seen)} />
        </div>
      </div>
    </>
  );
}

interface FactsProps {
  order_id: string;
  order: OrderInfo | undefined;
  seen: Sighting | undefined;
}

function Facts({ order_id, order, seen }: FactsProps): ReactElement {
  const waiting = <Skeleton width="short" />;
  const shown = order ?? seen;
  return (
    <dl className={styles.facts}>
      <Fact name="Order ID">{order_id}</Fact>
      <Fact name="Customer">{shown?.customer_id ?? waiting}</Fact>
      <Fact name="Date">{shown ? day(shown.order_date) : waiting}</Fact>
      <Fact name="Product">
        {shown ? (
          <Link to={`/products/${encodeURIComponent(shown.product_id)}`}>{shown.product_id}</Link>
        ) : (
          waiting
        )}
      </Fact>
      <Fact name="Number">{shown ? money(shown.number) : waiting}</Fact>
      <Fact name="Unit price">{order ? money(order.unit_price) : waiting}</Fact>
      <Fact name="Total" strong>
        {order ? money(order.total_price) : waiting}
      </Fact>
    </dl>
  );
}

interface FactProps {
  name: string;
  strong?: boolean;
  children: React.ReactNode;
}

function Fact({ name, strong = false, children }: FactProps): ReactElement {
  return (
    <div className={strong ? styles.strong : undefined}>
      <dt>{name}</dt>
      <dd dir="auto">{children}</dd>
    </div>
  );
}

/** The order as the read model has it; null where it has none. */
function useOrder(customer_id: string, order_id: string): UseQueryResult<OrderInfo | null> {
  return useQuery({
    queryKey: ["order", customer_id, order_id],
    queryFn: async ({ signal }) => {
      try {
        const body = { customer_id, order_id };
        return (await answered(api.POST("/api/v1/orderinfo/get", { body, signal }))).data;
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return null;
        throw error;
      }
    },
  });
}
