import type { ReactElement } from "react";
import { Link } from "react-router-dom";
import { money } from "@shared/format";
import { useSightings } from "../../core/placed";
import { useFollow } from "../../core/useFollow";
import styles from "./OnTheWay.module.css";

/** Orders that were placed here and that the history does not show yet. */
export function OnTheWay({ customer }: { customer: string }): ReactElement | null {
  const sightings = useSightings(customer);
  const waiting = sightings.filter((seen) => !seen.visible);
  // Also for what other devices order: the history below is read anew when the stream tells of it.
  useFollow(customer, true);
  if (waiting.length === 0) return null;
  return (
    <section aria-label="On the way" className={styles.box}>
      <h2>On the way</h2>
      <ul>
        {waiting.map((seen) => (
          <li key={seen.order_id}>
            <Link to={`/orders/${encodeURIComponent(seen.order_id)}`} dir="auto">
              {money(seen.number)} × {seen.product_name ?? seen.product_id}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
