import { useEffect, useRef, useState, type ReactElement } from "react";
import { Link } from "react-router-dom";
import { messageOf } from "@shared/api/problem";
import { money } from "@shared/format";
import { announce } from "@shared/ui/announce";
import { Button } from "@shared/ui/Button";
import {
  isUnclear,
  refreshLine,
  removeLine,
  renewLine,
  setNumber,
  type CartLine,
} from "../../core/cart";
import { NumberField } from "../../core/NumberField";
import type { Placement } from "../../core/placing";
import { useProduct } from "../../core/useProduct";
import styles from "./CartLineRow.module.css";

interface Props {
  line: CartLine;
  placement: Placement | undefined;
}

/** A line of the cart, with what became of it once it was sent. */
export function CartLineRow({ line, placement }: Props): ReactElement {
  const { data: product } = useProduct(line.product_id);
  useEffect(() => {
    if (product && line.sent === undefined) refreshLine(product);
  }, [product, line.sent]);
  const row = useRef<HTMLLIElement>(null);
  const remove = (): void => {
    // The button goes with its line; the focus stays in the list, or begins anew where it was all.
    const neighbour = row.current?.nextElementSibling ?? row.current?.previousElementSibling;
    const next = neighbour?.querySelector<HTMLElement>(`.${styles.remove}`);
    (next ?? document.querySelector<HTMLElement>("main h1"))?.focus();
    removeLine(line.product_id);
    announce(`${line.product_name} is no longer in your cart`);
  };

  return (
    <li ref={row} className={styles.line}>
      <div className={styles.what}>
        <Link
          to={`/products/${encodeURIComponent(line.product_id)}`}
          className={styles.name}
          dir="auto"
        >
          {line.product_name}
        </Link>
        <span className={styles.each}>{money(line.unit_price)} each</span>
      </div>
      <NumberField
        label={line.product_name}
        value={line.number}
        disabled={line.sent !== undefined}
        onChange={(number) => setNumber(line.product_id, number)}
      />
      <span className={styles.amount}>{money(line.number * line.unit_price)}</span>
      <Button
        look="quiet"
        className={styles.remove}
        disabled={line.sent !== undefined}
        aria-label={`Remove ${line.product_name}`}
        onClick={remove}
      >
        Remove
      </Button>
      <div role="status" className={styles.status}>
        {product === null && line.sent === undefined && (
          <p className={styles.bad}>The product does not exist any more.</p>
        )}
        {line.was !== undefined && line.sent === undefined && (
          <p className={styles.changed}>
            It was {money(line.was)} when you put it in, and is {money(line.unit_price)} now.
          </p>
        )}
        <Fate line={line} placement={placement} onRemove={remove} />
      </div>
    </li>
  );
}

interface FateProps extends Props {
  onRemove: () => void;
}

function Fate({ line, placement, onRemove }: FateProps): ReactElement | null {
  if (placement?.state === "unclear" || isUnclear(line, Date.now())) {
    return (
      <>
        <p className={styles.bad}>
          It was sent before, and whether it was accepted is not known any more. Please look into{" "}
          <Link to="/orders">your orders</Link> first.
        </p>
        <div className={styles.choices}>
          <Button onClick={() => renewLine(line.key)}>It is not there, keep it in the cart</Button>
          <Button onClick={onRemove}>It is there, remove it here</Button>
        </div>
      </>
    );
  }
  switch (placement?.state) {
    case "sending":
      return <p>Placing…</p>;
    case "waiting":
      return <Waiting until={placement.until} error={placement.error} />;
    case "refused":
      return <p className={styles.bad}>{messageOf(placement.error)}</p>;
    case "unanswered":
      return (
        <p className={styles.bad}>
          {messageOf(placement.error)} Whether it was accepted is not known; placing it again is
          safe and never orders twice.
        </p>
      );
    default:
      return line.sent ? <p>Sent, and not answered yet.</p> : null;
  }
}

function Waiting({ until, error }: { until: number; error: unknown }): ReactElement {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(1, Math.ceil((until - now) / 1000));
  return (
    <p>
      {messageOf(error)} <span aria-hidden>Again in {seconds} s.</span>
    </p>
  );
}
