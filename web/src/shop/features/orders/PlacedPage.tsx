import type { ReactElement } from "react";
import { Link, useSearchParams } from "react-router-dom";
import { money } from "@shared/format";
import { PageHead } from "../../core/PageHead";
import panel from "../../core/Panel.module.css";
import { useSighting } from "../../core/placed";
import { useFollow } from "../../core/useFollow";
import type { Following } from "../../core/follow";
import { useCustomer } from "@shared/identity/customer";
import { Journey } from "./Journey";
import styles from "./PlacedPage.module.css";

/** What was just ordered, and where it is now. */
export function PlacedPage(): ReactElement {
  const [parameters] = useSearchParams();
  const ids = [...new Set(parameters.getAll("order"))];
  const first = useSighting(ids[0] ?? "");
  const customer = useCustomer();
  const following = useFollow(first?.customer_id ?? customer, ids.length > 0);
  const one = ids.length === 1;

  return (
    <>
      <PageHead
        title={one ? "Thank you. Your order is in." : `Thank you. ${ids.length} orders are in.`}
      >
        You can leave this page; nothing depends on it.
      </PageHead>
      <ul className={styles.slips}>
        {ids.map((id) => (
          <Slip key={id} order_id={id} following={following} />
        ))}
      </ul>
      <p className={styles.on}>
        <Link to="/orders">All your orders</Link>
        <Link to="/">Back to the price list</Link>
      </p>
    </>
  );
}

function Slip({ order_id, following }: { order_id: string; following: Following }): ReactElement {
  const seen = useSighting(order_id);
  return (
    <li className={panel.panel}>
      <div className={styles.head}>
        <h2 dir="auto">
          {seen && <span className={styles.number}>{money(seen.number)} × </span>}
          {seen?.product_name ?? seen?.product_id ?? "Order"}
        </h2>
        <Link to={`/orders/${encodeURIComponent(order_id)}`} className={styles.id}>
          <span className="visually-hidden">Order </span>
          {order_id}
        </Link>
      </div>
      <Journey order_id={order_id} seen={seen} following={following} />
    </li>
  );
}
