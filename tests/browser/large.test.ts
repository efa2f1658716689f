import type { Page } from "playwright-core";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  expect,
  test,
} from "vitest";
import { barriers } from "./support/axe";
import { Visitor } from "./support/browser";
import { Server } from "./support/server";
import { alwaysKnownAs } from "./support/shop";
import { until } from "./support/until";

/** A shop with many products, and a customer with many orders of one day. */
const PRODUCTS = 1_500;
const ORDERS = 3_000;
const CUSTOMER = "whale";
const DAY = "2021-03-03";

const NAMES = [
  "שולחן עמידה מתכוונן",
  "👩‍👩‍👧‍👦 Family Table 🪑",
  "W".repeat(512),
  "Sehr langer Name ".repeat(30).slice(0, 511) + "!",
];

const id = (i: number): string => `p${String(i).padStart(5, "0")}`;

let server: Server;
let visitor: Visitor;

beforeAll(async () => {
  server = await Server.start();
  await server.postAll(
    "/api/v1/product/create",
    Array.from({ length: PRODUCTS }, (_, i) => ({
      product_id: id(i),
      product_name: NAMES[i] ?? `Product ${i}`,
      unit_price: i < NAMES.length ? 9_000_000_000 : i,
    })),
  );
  await server.postAll(
    "/api/v1/order/create",
    Array.from({ length: ORDERS }, (_, i) => ({
      customer_id: CUSTOMER,
      product_id: id(i % PRODUCTS),
      number: 1,
      order_date: DAY,
    })),
  );
  await until("the orders are in the warehouse", async () => {
    const query = "select count(*) from cqrs_example.order_information";
    const answer = await server.post("/api/v1/warehouse/query", { query });
    return (answer as { rows: number[][] }).rows[0]?.[0] === ORDERS;
  });
});
afterAll(() => server.close());
beforeEach(async () => {
  visitor = await Visitor.arrive(server.url, { width: 390, height: 844 });
  await alwaysKnownAs(visitor, CUSTOMER);
});
afterEach(() => visitor.leave());

const elements = (page: Page): Promise<number> =>
  page.evaluate(() => document.querySelectorAll("*").length);

const hasFocus = (page: Page, selector: string): Promise<boolean> =>
  page
    .locator(selector)
    .first()
    .evaluate((it) => it === document.activeElement);

test("a long price list comes page by page, and its end keeps the focus", async () => {
  const page = await visitor.open("/");
  await page.getByText("60 products so far").last().waitFor();
  expect(await elements(page)).toBeLessThan(1_000);
  const more = page.getByRole("button", { name: "Show more" });
  await more.press("Enter");
  await page.getByText("120 products so far").last().waitFor();
  expect(await barriers(page)).toEqual([]);

  await page.getByRole("searchbox").fill("product 14");
  // 14, 140 to 149, 1400 to 1499
  await page.getByText("60 products so far").last().waitFor();
  await page.getByRole("link", { name: "Product 14", exact: true }).waitFor();
  await more.press("Enter");
  await page.getByText("111 products", { exact: true }).last().waitFor();
  await until("the focus is at the end", () =>
    page.evaluate(() => document.activeElement?.textContent === "That is all."),
  );
  expect(visitor.troubles).toEqual([]);
});

test("a place in the list that the server has forgotten begins anew", async () => {
  const page = await visitor.context.newPage();
  const problem = { message: "No.", code: "invalid_value", status: 400 };
  await page.route("**/api/v1/product/list", (route) =>
    route.request().postData()?.includes("page_token") === true
      ? route.fulfill({
          status: 400,
          json: { ...problem, field: "page_token" },
          contentType: "application/problem+json",
        })
      : route.continue(),
  );
  await page.goto("/");
  await page.getByRole("button", { name: "Show more" }).click();
  await page.getByText("The list has changed since").waitFor();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("alert").waitFor({ state: "detached" });
  await page.getByText("60 products so far").last().waitFor();
  visitor.forgive(/status of 400/);
  expect(visitor.troubles).toEqual([]);
});

test("thousands of orders of a day say how many of them are shown", async () => {
  const page = await visitor.open(`/orders?date=${DAY}`);
  await page.getByText(/^100 orders, [\d,]+ so far$/).waitFor();
  expect(await elements(page)).toBeLessThan(1_000);
  await page.getByRole("button", { name: "Show more" }).click();
  await page.getByText(/^200 orders, [\d,]+ so far$/).waitFor();
  // A name of 512 bytes takes two lines here, and no more.
  const heights = await page
    .locator("main li")
    .evaluateAll((all) => all.map((it) => it.getBoundingClientRect().height));
  expect(Math.max(...heights)).toBeLessThan(120);
  expect(visitor.troubles).toEqual([]);
});

test("a product with the longest name can be ordered without scrolling far", async () => {
  const page = await visitor.open(`/products/${id(2)}`);
  const add = page.getByRole("button", { name: "Add to cart" });
  await add.waitFor();
  const box = await add.boundingBox();
  // It took nearly three screens as a heading of the usual size.
  expect(box?.y).toBeLessThan(2 * 844);
});

test("the desk opens a product that is far down the list, and leads back to the list", async () => {
  const page = await visitor.open(`/desk/products?product=${id(1400)}`);
  await page.getByRole("heading", { name: "Product 1400" }).waitFor();
  await page.getByRole("button", { name: "Close" }).click();

  const item = page.locator(`[data-product="${id(90)}"]`);
  await item.press("Enter");
  await page.getByRole("table", { name: "Versions" }).waitFor();
  await until("the product has the focus", () =>
    hasFocus(page, "[data-wanted]"),
  );
  const heading = page.getByRole("heading", { name: "Product 90" });
  expect((await heading.boundingBox())?.y).toBeGreaterThan(0);
  expect(await barriers(page)).toEqual([]);
  await page.getByRole("button", { name: "Close" }).press("Enter");
  await until("the list has it again", () =>
    hasFocus(page, `[data-product="${id(90)}"]`),
  );
  expect(visitor.troubles).toEqual([]);
});

test("a new product never takes the ID of one that the list has not shown", async () => {
  const page = await visitor.open("/desk/products");
  await page.getByText(id(0)).waitFor();
  await page.getByRole("button", { name: "Add a product" }).click();
  const form = page.getByRole("region", { name: "New product" });
  await form.getByLabel("Product ID").fill(id(1499));
  await form.getByLabel("Name").fill("Another");
  await form.getByLabel("Price").fill("1");
  await form.getByRole("button", { name: "Add" }).click();
  await form.getByText("There is a product of this ID").waitFor();
  const there = await server.post("/api/v1/product/get", {
    product_id: id(1499),
  });
  expect(there).toMatchObject({ unit_price: 1499 });

  // Every other ID contains this one, which is free.
  await form.getByLabel("Product ID").fill("p");
  await form.getByRole("button", { name: "Add" }).click();
  await page.getByRole("heading", { name: "Another" }).waitFor();
  expect(visitor.troubles).toEqual([]);
});

test("a chosen cell wider than the window begins beside the numbers of the rows", async () => {
  const page = await visitor.open("/desk/sql");
  await page.getByRole("textbox", { name: "SQL statement" }).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(
    "select 'a' as a, repeat('wide ', 60) as b, 'c' as c, repeat('wide ', 60) as d from range(20000)",
  );
  await page.keyboard.press("Control+Enter");
  await page.getByRole("gridcell").first().waitFor();
  const grid = page.getByRole("grid", { name: "Result" });
  const covered = (): Promise<number> =>
    grid.evaluate((it) => {
      const chosen = it.querySelector("[aria-selected=true]");
      const numbers = it.querySelector("[role=rowheader]");
      if (!chosen || !numbers) throw new Error("no cell is chosen");
      return (
        numbers.getBoundingClientRect().right -
        chosen.getBoundingClientRect().left
      );
    });
  // To the right and back again, by the keyboard.
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"]) {
    await grid.press(key);
    expect(await covered(), key).toBeLessThanOrEqual(1);
  }
  await grid.press("Home");
  expect(await grid.evaluate((it) => it.scrollLeft)).toBe(0);
  // By the pointer, where only the end of the cell is in sight.
  await grid.evaluate((it) => it.scrollTo({ left: 200 }));
  await page.getByRole("gridcell", { name: /^wide/ }).first().click();
  expect(await covered()).toBeLessThanOrEqual(1);
  expect(visitor.troubles).toEqual([]);
});

test("a text of millions of characters is shown as far as one reads", async () => {
  const page = await visitor.open("/desk/sql");
  await page.getByRole("textbox", { name: "SQL statement" }).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(
    "select repeat('long text ', 200000) as big from range(50)",
  );
  await page.keyboard.press("Control+Enter");
  // Two million characters fifty times are more than an answer takes.
  await page.getByText("An answer takes no more than this.").waitFor();
  await page.getByRole("gridcell").first().click();
  await page.getByText("… 1,990,000 characters more are in the CSV.").waitFor();
  expect(
    await page.evaluate(() => document.body.innerText.length),
  ).toBeLessThan(50_000);
});

test("a price that changes while it is in the cart is said to have changed", async () => {
  const page = await visitor.open("/?q=product 700");
  await page
    .getByRole("button", { name: "Add Product 700 to the cart" })
    .click();
  await server.post("/api/v1/product/create", {
    product_id: id(700),
    product_name: "Product 700",
    unit_price: 777,
  });
  await page.goto("/cart");
  await page
    .getByText("It was 700 when you put it in, and is 777 now.")
    .waitFor();
  await page.getByRole("button", { name: "Remove Product 700" }).press("Enter");
  await until("the focus begins anew", () => hasFocus(page, "main h1"));
});
