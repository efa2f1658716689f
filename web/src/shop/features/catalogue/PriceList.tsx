import type { ReactElement } from "react";
import type { Product } from "@shared/api/client";
import { money } from "@shared/format";
import styles from "./PriceList.module.css";

export function PriceList({ products }: { products: Product[] }): ReactElement {
  return (
    <ul>
      {products.map((product) => (
        <li key={product.product_id} className={styles.row}>
          <span>{product.product_name}</span>
          <span className={styles.price}>{money(product.unit_price)}</span>
        </li>
      ))}
    </ul>
  );
}
