import type { ReactElement } from "react";
import { Link } from "react-router-dom";
import { money, sum } from "@shared/format";
import { useCart } from "../../core/cart";
import button from "@shared/ui/Button.module.css";
import { classes } from "@shared/ui/classes";
import styles from "./CartSlip.module.css";

/** What the cart has so far, beside the price list. */
export function CartSlip(): ReactElement {
  const { lines } = useCart();
  const total = sum(lines.map((line) => line.number * line.unit_price));
  return (
    <section aria-label="Your cart so far" className={styles.slip}>
      <h2>Your cart</h2>
      {lines.length === 0 ? (
        <p className={styles.empty}>Nothing yet.</p>
      ) : (
        <>
          <ul className={styles.lines}>
            {lines.map((line) => (
              <li key={line.key}>
                <span className={styles.number}>{money(line.number)} ×</span>
                <span className={styles.name} dir="auto">
                  {line.product_name}
                </span>
                <span className={styles.amount}>{money(line.number * line.unit_price)}</span>
              </li>
            ))}
          </ul>
          <p className={styles.total}>
            <span>Total</span>
            <strong>{money(total)}</strong>
          </p>
          <Link to="/cart" className={classes(button.button, button.primary)}>
            Review and order
          </Link>
        </>
      )}
    </section>
  );
}
