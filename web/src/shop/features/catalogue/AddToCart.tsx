import { useEffect, useRef, type ReactElement } from "react";
import type { Product } from "@shared/api/client";
import { announce } from "@shared/ui/announce";
import { Button } from "@shared/ui/Button";
import { addToCart, removeLine, setNumber, useCart, type Added } from "../../core/cart";
import { NumberField } from "../../core/NumberField";
import styles from "./AddToCart.module.css";

const WORDS: Record<Added, string> = {
  added: "is in your cart",
  full: "does not fit: the cart is full",
  under_way: "is being ordered right now",
};

/** Puts a product into the cart, and changes how many of it are there. */
export function AddToCart({ product }: { product: Product }): ReactElement {
  const line = useCart().lines.find((each) => each.product_id === product.product_id);
  const cell = useRef<HTMLDivElement>(null);
  const pressed = useRef(false);
  const there = line !== undefined;

  // The button that was pressed has made way for another one, which takes over the focus.
  useEffect(() => {
    if (pressed.current) cell.current?.querySelector<HTMLElement>("button:last-of-type")?.focus();
    pressed.current = false;
  }, [there]);

  return (
    <div ref={cell} className={styles.cell}>
      {line ? (
        <NumberField
          label={product.product_name}
          value={line.number}
          disabled={line.sent !== undefined}
          onChange={(number) => setNumber(product.product_id, number)}
          onRemove={() => {
            pressed.current = true;
            removeLine(product.product_id);
            announce(`${product.product_name} is no longer in your cart`);
          }}
        />
      ) : (
        <Button
          aria-label={`Add ${product.product_name} to the cart`}
          onClick={() => {
            const added = addToCart(product, 1);
            pressed.current = added === "added";
            announce(`${product.product_name} ${WORDS[added]}`);
          }}
        >
          Add
        </Button>
      )}
    </div>
  );
}
