import { useEffect, useRef, type ReactElement } from "react";
import { Link, useNavigate } from "react-router-dom";
import { money, sum } from "@shared/format";
import { useCustomer } from "@shared/identity/customer";
import { announce } from "@shared/ui/announce";
import { Button } from "@shared/ui/Button";
import { Notice } from "@shared/ui/Notice";
import { useOnline } from "@shared/state/online";
import { currentCart, useCart } from "../../core/cart";
import { isUnderWay, placeCart, resumeCheckout, usePlacements } from "../../core/checkout";
import { CustomerForm } from "../../core/CustomerForm";
import { PageHead } from "../../core/PageHead";
import { useFollow } from "../../core/useFollow";
import { CartLineRow } from "./CartLineRow";
import styles from "./CartPage.module.css";

/** The cart and its checkout. */
export function CartPage(): ReactElement {
  const { lines } = useCart();
  const customer = useCustomer();
  const placements = usePlacements();
  const busy = lines.some((line) => isUnderWay(placements.get(line.key)));
  const go = useFinish();
  // Open before the orders are sent, so that the stream tells of each of them.
  useFollow(customer, lines.length > 0);

  const resumed = useRef(false);
  useEffect(() => {
    if (resumed.current) return;
    resumed.current = true;
    void resumeCheckout().then(go);
  }, [go]);

  if (lines.length === 0) {
    return (
      <>
        <PageHead title="Cart">Nothing is in it.</PageHead>
        <p>
          <Link to="/">Back to the price list</Link>
        </p>
      </>
    );
  }
  return (
    <>
      <PageHead title="Cart">
        {lines.length === 1
          ? "One product, one order."
          : `${lines.length} products, each an order of its own.`}
      </PageHead>
      <div className={styles.columns}>
        <ul className={styles.lines}>
          {lines.map((line) => (
            <CartLineRow key={line.key} line={line} placement={placements.get(line.key)} />
          ))}
        </ul>
        <Checkout
          busy={busy}
          total={sum(lines.map((line) => line.number * line.unit_price))}
          onOrder={(id) => {
            announce("Placing your order…");
            void placeCart(id).then(go);
          }}
        />
      </div>
    </>
  );
}

interface CheckoutProps {
  busy: boolean;
  total: bigint;
  onOrder: (customer: string) => void;
}

function Checkout({ busy, total, onOrder }: CheckoutProps): ReactElement {
  const customer = useCustomer();
  const online = useOnline();
  const several = currentCart().lines.length > 1;
  return (
    <section aria-label="Checkout" className={styles.checkout}>
      <p className={styles.total}>
        <span>Total</span>
        <strong>{money(total)}</strong>
      </p>
      {customer === null ? (
        <CustomerForm submit="That’s me" />
      ) : (
        <>
          <p className={styles.who}>
            Ordering as <strong dir="auto">{customer}</strong>
          </p>
          <Button
            look="primary"
            busy={busy}
            disabled={!online}
            className={styles.order}
            onClick={() => onOrder(customer)}
          >
            {busy ? "Placing…" : several ? "Place orders" : "Place order"}
          </Button>
          {!online && (
            <Notice tone="signal">You are offline. The cart waits until you are back.</Notice>
          )}
        </>
      )}
      <p className={styles.small}>
        The price is the one in force when the order is accepted. Pressing twice, or reloading,
        never orders twice.
      </p>
    </section>
  );
}

/** Where all that was placed is shown, once nothing is left to do in the cart. */
function useFinish(): (placed: string[]) => void {
  const navigate = useNavigate();
  const here = useRef(true);
  const collected = useRef<string[]>([]);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  return useRef((placed: string[]) => {
    collected.current = [...collected.current, ...placed];
    if (placed.length === 0 || !here.current) return;
    const left = currentCart().lines.length;
    announce(
      left === 0
        ? "Your order is accepted."
        : `${placed.length} accepted, ${left} still in the cart.`,
    );
    if (left > 0) return;
    const query = new URLSearchParams(collected.current.map((id) => ["order", id]));
    navigate(`/placed?${query.toString()}`, { replace: true });
  }).current;
}
