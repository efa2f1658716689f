import type { Page, Request } from "playwright-core";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  expect,
  test,
} from "vitest";
import { Visitor } from "./support/browser";
import { Server } from "./support/server";
import { knownAs, ordersOf, reached, stock } from "./support/shop";
import { until } from "./support/until";

let server: Server;
let visitor: Visitor;
let visits = 0;
let customer: string;

beforeAll(async () => {
  server = await Server.start();
  await stock(server);
});
afterAll(() => server.close());
beforeEach(async () => {
  customer = `shopper${++visits}`;
  visitor = await Visitor.arrive(server.url);
});
afterEach(async () => {
  await visitor.leave();
  expect(visitor.troubles).toEqual([]);
});

/** A page whose cart has these products, of a customer who is known. */
async function withCart(...products: string[]): Promise<Page> {
  const page = await visitor.open("/");
  for (const name of products) {
    await page.getByRole("button", { name: `Add ${name} to the cart` }).click();
  }
  await page.goto("/cart");
  await knownAs(page, customer);
  return page;
}

const isOrder = (request: Request): boolean =>
  request.url().endsWith("/api/v1/order/create");
const keyOf = (request: Request): string | undefined =>
  request.headers()["idempotency-key"];

test("a customer searches, orders, watches the order arrive, and finds it in the history", async () => {
  const page = await visitor.open("/");
  await page.getByRole("searchbox").fill("camera");
  await page.getByText("1 product", { exact: true }).first().waitFor();
  await page.getByRole("link", { name: "Web Camera" }).click();
  await page.getByRole("heading", { name: "Web Camera" }).waitFor();
  await page.getByRole("textbox", { name: "Number of Web Camera" }).fill("3");
  await page.getByRole("button", { name: "Add to cart" }).click();
  await page.getByRole("link", { name: "your cart" }).click();

  await page.getByRole("textbox", { name: "Customer ID" }).fill(customer);
  const checkout = page.getByRole("region", { name: "Checkout" });
  expect(
    await checkout.evaluate((it) => it.scrollWidth - it.clientWidth),
    "what reaches beyond the checkout",
  ).toBe(0);
  await page.getByRole("button", { name: "That’s me" }).click();
  await page.getByRole("button", { name: "Place order" }).click();

  await page
    .getByRole("heading", { name: "Thank you. Your order is in." })
    .waitFor();
  await reached(page, "In the warehouse");
  const [order] = await ordersOf(server, customer);
  expect(order).toMatchObject({ product_id: "product00002", number: 3 });
  await page.getByRole("link", { name: order?.order_id ?? "" }).click();
  await page.getByText("300", { exact: true }).waitFor();
  await page
    .getByRole("navigation", { name: "Shop" })
    .getByText("Orders")
    .click();
  await page.getByRole("link", { name: /Web Camera/ }).waitFor();
  await page.getByText("1 order, 300 in all").waitFor();
});

test("pressing twice places one order", async () => {
  const page = await withCart("Gaming Display");
  await page.getByRole("button", { name: "Place order" }).dblclick();
  await page.waitForURL(/placed/);
  await reached(page, "Visible");
  expect(await ordersOf(server, customer)).toHaveLength(1);
});

test("two tabs that check out at once place one order", async () => {
  const page = await withCart("Gaming Display");
  const other = await visitor.open("/cart");
  const buttons = [page, other].map((tab) =>
    tab.getByRole("button", { name: "Place order" }),
  );
  await Promise.all(buttons.map((button) => button.waitFor()));
  // Whoever is late may find the cart empty already; that is right as well.
  await Promise.allSettled(
    buttons.map((button) => button.click({ timeout: 2000 })),
  );
  await until(
    "the order is visible",
    async () => (await ordersOf(server, customer)).length > 0,
  );
  await until("both carts are empty", async () => {
    const cart = await page.evaluate(() =>
      localStorage.getItem("orderly.cart.v1"),
    );
    return cart === '{"lines":[]}';
  });
  expect(await ordersOf(server, customer)).toHaveLength(1);
});

test("a reload in the middle of the checkout repeats the same order", async () => {
  const page = await withCart("Gaming Display", "Desk Lamp");
  const keys: (string | undefined)[] = [];
  page.on("request", (request) => {
    if (isOrder(request)) keys.push(keyOf(request));
  });
  // The server takes the orders, and the answers never come before the reload.
  let taken = 0;
  await page.route("**/api/v1/order/create", async (route) => {
    if (taken >= 2) return route.continue();
    await route.fetch();
    ++taken;
  });
  await page.getByRole("button", { name: "Place orders" }).click();
  await until("both are taken", () => taken === 2);
  await page.reload();

  await page.waitForURL(/placed/);
  await page
    .getByRole("heading", { name: "Thank you. 2 orders are in." })
    .waitFor();
  expect(keys).toHaveLength(4);
  expect(new Set(keys).size).toBe(2);
  await until(
    "both are visible",
    async () => (await ordersOf(server, customer)).length >= 2,
  );
  expect(await ordersOf(server, customer)).toHaveLength(2);
});

test("the cart outlives reloads and is one for all tabs", async () => {
  const page = await withCart("Standing Desk");
  await page
    .getByRole("textbox", { name: "Number of Standing Desk" })
    .fill("1000000");
  const other = await visitor.open("/cart");
  await other.getByText("1,250,000,000").first().waitFor();
  await other
    .getByRole("button", { name: "One less of Standing Desk" })
    .click();
  await page.getByText("1,249,998,750").first().waitFor();
  await page
    .getByRole("textbox", { name: "Number of Standing Desk" })
    .fill("1000001");
  await page.getByText("At most 1,000,000.").waitFor();
  await page.reload();
  await page.getByText("1,249,998,750").first().waitFor();
});

test("a line that is refused stays, and the others are placed", async () => {
  const page = await withCart("Gaming Display", "Desk Lamp");
  await page.route("**/api/v1/order/create", async (route) => {
    if (route.request().postData()?.includes("product00004") !== true)
      return route.fallback();
    const problem = {
      message: "Desk lamps are sold out.",
      code: "sold_out",
      status: 400,
    };
    return route.fulfill({
      status: 400,
      json: problem,
      contentType: "application/problem+json",
    });
  });
  await page.getByRole("button", { name: "Place orders" }).click();
  await page.getByText("Desk lamps are sold out.").waitFor();
  await until(
    "the other is visible",
    async () => (await ordersOf(server, customer)).length === 1,
  );
  expect(await page.getByRole("link", { name: "Gaming Display" }).count()).toBe(
    0,
  );
  await page.unroute("**/api/v1/order/create");
  await page.getByRole("button", { name: "Place order" }).click();
  await page.waitForURL(/placed/);
  await page
    .getByRole("heading", { name: "Thank you. 2 orders are in." })
    .waitFor();
  visitor.forgive(/status of 400/);
});

test("the keyboard is enough, and a change of page moves the focus to its heading", async () => {
  const page = await visitor.open("/");
  await page
    .getByRole("button", { name: "Add Gaming Display to the cart" })
    .press("Enter");
  const more = page.getByRole("button", { name: "One more of Gaming Display" });
  await until("the focus went on", () =>
    more.evaluate((it) => it === document.activeElement),
  );
  await page.getByRole("link", { name: "Gaming Display" }).press("Enter");
  const heading = page.getByRole("heading", { name: "Gaming Display" });
  await until("it is on the heading", () =>
    heading.evaluate((it) => it === document.activeElement),
  );
  expect(await page.title()).toBe("Gaming Display · Orderly");
  await page.getByRole("button", { name: "Who are you?" }).press("Enter");
  await page.getByRole("dialog").getByRole("textbox").fill(customer);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: customer }).waitFor();
  expect(await page.getByRole("dialog").count()).toBe(0);
});
