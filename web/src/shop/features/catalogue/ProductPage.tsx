import { useState, type ReactElement, type ReactNode } from "react";
import { Link, useParams } from "react-router-dom";
import type { Product } from "@shared/api/client";
import { money } from "@shared/format";
import { announce } from "@shared/ui/announce";
import { Button } from "@shared/ui/Button";
import { classes } from "@shared/ui/classes";
import { Failure, Notice } from "@shared/ui/Notice";
import { Skeleton } from "@shared/ui/Skeleton";
import { addToCart, useCart } from "../../core/cart";
import { NumberField } from "../../core/NumberField";
import { PageHead } from "../../core/PageHead";
import { useProduct } from "../../core/useProduct";
import styles from "./ProductPage.module.css";

const BACK = <Link to="/">Price list</Link>;

export function ProductPage(): ReactElement {
  const { product_id = "" } = useParams();
  const { data: product, error, refetch } = useProduct(product_id);

  if (product) return <Offer product={product} />;
  if (product === null) {
    return (
      <>
        <PageHead title="No such product" above={BACK}>
          The product does not exist.
        </PageHead>
        <Notice title={product_id}>Nothing has this ID in the price list.</Notice>
      </>
    );
  }
  if (error) {
    return (
      <>
        <PageHead title={product_id} above={BACK} />
        <Failure title="The product cannot be shown" error={error} onRetry={() => void refetch()} />
      </>
    );
  }
  return (
    <Sheet
      title={product_id}
      id={<Skeleton width="short" />}
      price={
        <span>
          <Skeleton width="short" />
        </span>
      }
      action={<div aria-hidden className={styles.waiting} />}
    />
  );
}

function Offer({ product }: { product: Product }): ReactElement {
  const [number, setNumber] = useState(1);
  const line = useCart().lines.find((each) => each.product_id === product.product_id);
  return (
    <Sheet
      title={product.product_name}
      id={product.product_id}
      price={<Price of={product.unit_price} />}
      action={
        <>
          <div className={styles.choose}>
            <NumberField label={product.product_name} value={number} onChange={setNumber} />
            <p className={styles.total}>
              {number > 1 && `${money(number)} × ${money(product.unit_price)} = `}
              <strong>{money(number * product.unit_price)}</strong>
            </p>
          </div>
          <Button
            look="primary"
            disabled={line?.sent !== undefined}
            onClick={() => {
              const added = addToCart(product, number);
              announce(added === "full" ? "The cart is full" : "It is in your cart");
              if (added === "added") setNumber(1);
            }}
          >
            Add to cart
          </Button>
          <p className={styles.inCart}>
            {line ? (
              <>
                {money(line.number)} in <Link to="/cart">your cart</Link>
              </>
            ) : (
              "Becomes an order of its own."
            )}
          </p>
        </>
      }
    />
  );
}

function Price({ of }: { of: number }): ReactElement {
  const words = money(of);
  return <span className={classes(words.length > 9 && styles.longPrice)}>{words}</span>;
}

interface SheetProps {
  title: string;
  id: ReactNode;
  price: ReactNode;
  action?: ReactNode;
}

function Sheet({ title, id, price, action }: SheetProps): ReactElement {
  return (
    <div className={styles.sheet}>
      <div>
        <PageHead title={title} above={BACK} />
        <dl className={styles.facts}>
          <div>
            <dt>Product ID</dt>
            <dd dir="auto">{id}</dd>
          </div>
          <div>
            <dt>Priced</dt>
            <dd>when the order is accepted, and never changed after</dd>
          </div>
        </dl>
      </div>
      <section aria-label="Order it" className={styles.offer}>
        <p className={styles.price}>
          <span className={styles.label}>Unit price</span>
          {price}
        </p>
        {action}
      </section>
    </div>
  );
}
