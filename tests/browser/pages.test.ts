import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { barriers } from "./support/axe";
import { Visitor } from "./support/browser";
import { picture } from "./support/picture";
import { Server } from "./support/server";
import { knownAs, reached, stock } from "./support/shop";
import { until } from "./support/until";

let server: Server;

const ORDERS = [
  { product_id: "product00005", number: 1, order_date: "2020-12-31" },
  { product_id: "product00001", number: 1, order_date: "2021-01-18" },
  { product_id: "product00009", number: 6, order_date: "2021-01-18" },
  { product_id: "product00002", number: 3, order_date: "2021-02-14" },
  { product_id: "product00008", number: 2, order_date: "2021-02-14" },
  { product_id: "product00004", number: 12, order_date: "2021-06-03" },
];

beforeAll(async () => {
  server = await Server.start();
  await stock(server);
  for (const order of ORDERS) {
    await server.post("/api/v1/order/create", {
      customer_id: "customer01",
      ...order,
    });
  }
  const all = { customer_id: "customer01", order_date: "2021" };
  await until("the orders are visible", async () => {
    const answer = (await server.post("/api/v1/orderinfo/list", all)) as {
      orders: unknown[];
    };
    return answer.orders.length === 5;
  });
});
afterAll(() => server.close());

interface Stop {
  name: string;
  /** Of which there are pictures in the dark, too. */
  main?: boolean;
  go: (page: Page) => Promise<void>;
}

/** Every page, in the order in which a customer comes by. */
const STOPS: Stop[] = [
  {
    name: "price-list",
    main: true,
    go: async (page) => {
      await page.goto("/");
      await page
        .getByRole("button", { name: "Add Gaming Display to the cart" })
        .click();
      await page.getByRole("button", { name: "Add Noise-cancelling" }).click();
      await page
        .getByRole("button", { name: "One more of Gaming Display" })
        .click();
      await page.mouse.move(0, 0);
    },
  },
  {
    name: "product",
    go: async (page) => {
      await page.goto("/products/product00008");
      await page.getByText("229").first().waitFor();
    },
  },
  {
    name: "nothing-found",
    go: async (page) => {
      await page.goto("/?q=teapot");
      await page.getByText("Nothing has “teapot”").waitFor();
    },
  },
  {
    name: "cart",
    go: async (page) => {
      await page.goto("/cart");
      await page.getByRole("button", { name: "Place orders" }).waitFor();
    },
  },
  {
    name: "placed",
    main: true,
    go: async (page) => {
      await page.getByRole("button", { name: "Place orders" }).click();
      await page.waitForURL(/placed/);
      await reached(page, "In the warehouse");
      await until("both have arrived", async () => {
        return (
          (await page
            .locator("[aria-current=step]", { hasText: "warehouse" })
            .count()) === 2
        );
      });
    },
  },
  {
    name: "order",
    go: async (page) => {
      await page.locator("main a[href^='/orders/']").first().click();
      await page.getByText("Unit price").waitFor();
      await reached(page, "In the warehouse");
    },
  },
  {
    name: "orders",
    main: true,
    go: async (page) => {
      await page.goto("/orders?date=2021");
      await page.getByText("5 orders").first().waitFor();
    },
  },
  {
    name: "no-such-page",
    go: async (page) => {
      await page.goto("/orders/no/such");
      await page.getByRole("heading", { name: "Nothing here" }).waitFor();
    },
  },
];

const LOOKS = [
  { width: 1440, height: 900, scheme: "light" },
  { width: 1440, height: 900, scheme: "dark" },
  { width: 390, height: 844, scheme: "light" },
  { width: 390, height: 844, scheme: "dark" },
] as const;

describe.each(LOOKS)("at $width in the $scheme", (look) => {
  test("every page is accessible, fits, and keeps to itself", async () => {
    const visitor = await Visitor.arrive(server.url, look);
    const page = await visitor.open("/");
    await knownAs(page, "customer01");
    for (const stop of STOPS) {
      await stop.go(page);
      expect(await barriers(page), stop.name).toEqual([]);
      expect(
        await overhang(page),
        `${stop.name} is wider than the screen`,
      ).toBe(0);
      if (look.scheme === "light" || stop.main === true) {
        await picture(page, `${stop.name}-${look.width}-${look.scheme}`);
      }
    }
    await visitor.leave();
    expect(visitor.troubles).toEqual([]);
  });
});

test("the longest names and the largest numbers fit on a phone", async () => {
  const product = {
    product_id: "9".repeat(128),
    product_name: "W".repeat(512),
    unit_price: 9_000_000_000,
  };
  const markup = {
    product_id: "markup",
    product_name: "<b>bold</b> & שלום",
    unit_price: 0,
  };
  await stock(server, [product, markup]);
  const visitor = await Visitor.arrive(server.url, { width: 390, height: 844 });
  const page = await visitor.open("/?q=9999");
  await page.getByRole("button", { name: /^Add W/ }).click();
  expect(await overhang(page)).toBe(0);
  await page.goto(`/products/${product.product_id}`);
  await page.getByRole("textbox", { name: /^Number/ }).fill("1000000");
  await page.getByText("9,000,000,000,000,000").waitFor();
  expect(await overhang(page)).toBe(0);
  await page.goto("/cart");
  await page.getByRole("textbox", { name: /^Number/ }).fill("1000000");
  await page.getByText("9,000,000,000,000,000").first().waitFor();
  expect(await overhang(page)).toBe(0);
  await page.goto("/?q=bold");
  await page.getByRole("link", { name: markup.product_name }).waitFor();
  await visitor.leave();
  expect(visitor.troubles).toEqual([]);
});

/** How far the page reaches beyond the screen. */
async function overhang(page: Page): Promise<number> {
  const width = page.viewportSize()?.width ?? 0;
  return Math.max(
    0,
    (await page.evaluate(() => document.documentElement.scrollWidth)) - width,
  );
}
