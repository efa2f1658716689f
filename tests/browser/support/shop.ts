import type { Page } from "playwright-core";
import type { Visitor } from "./browser";
import type { Server } from "./server";

export const PRODUCTS = [
  {
    product_id: "product00001",
    product_name: "Gaming Display",
    unit_price: 500,
  },
  { product_id: "product00002", product_name: "Web Camera", unit_price: 100 },
  {
    product_id: "product00003",
    product_name: "Mechanical Keyboard",
    unit_price: 180,
  },
  { product_id: "product00004", product_name: "Desk Lamp", unit_price: 64 },
  {
    product_id: "product00005",
    product_name: "Standing Desk",
    unit_price: 1250,
  },
  {
    product_id: "product00006",
    product_name: "Noise-cancelling Headphones",
    unit_price: 349,
  },
  { product_id: "product00007", product_name: "Laptop Stand", unit_price: 75 },
  {
    product_id: "product00008",
    product_name: "USB-C Docking Station with Two Displays",
    unit_price: 229,
  },
  {
    product_id: "product00009",
    product_name: "Ergonomic Chair",
    unit_price: 890,
  },
];

export async function stock(
  server: Server,
  products: typeof PRODUCTS = PRODUCTS,
): Promise<void> {
  for (const product of products)
    await server.post("/api/v1/product/create", product);
}

/** Every page of a visitor who has said who they are long before. */
export async function alwaysKnownAs(
  visitor: Visitor,
  customer: string,
): Promise<void> {
  await visitor.context.addInitScript((id) => {
    // A new tab is empty at first, and has no storage.
    if (location.protocol === "http:")
      localStorage.setItem("orderly.customer.v1", JSON.stringify(id));
  }, customer);
}

/** The page of a visitor who has said who they are before. */
export async function knownAs(page: Page, customer: string): Promise<void> {
  await page.evaluate(
    (id) => localStorage.setItem("orderly.customer.v1", JSON.stringify(id)),
    customer,
  );
  await page.reload();
}

export interface ListedOrder {
  order_id: string;
  product_id: string;
  number: number;
}

/** All orders of a customer of this year, as the read model has them. */
export async function ordersOf(
  server: Server,
  customer_id: string,
): Promise<ListedOrder[]> {
  const order_date = String(new Date().getUTCFullYear());
  const answer = await server.post("/api/v1/orderinfo/list", {
    customer_id,
    order_date,
  });
  return (answer as { orders: ListedOrder[] }).orders;
}

/** Waits until the first order on the page is at a station or beyond it. */
export async function reached(
  page: Page,
  station: string,
  timeout = 15_000,
): Promise<void> {
  const names = ["Accepted", "Visible", "In the warehouse"];
  const enough = names.slice(names.indexOf(station)).join("|");
  await page
    .getByRole("list", { name: "Where it is" })
    .first()
    .locator("[aria-current=step]", { hasText: new RegExp(enough) })
    .waitFor({ timeout });
}
