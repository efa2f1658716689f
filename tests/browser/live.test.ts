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
import { knownAs, reached, stock } from "./support/shop";
import { until } from "./support/until";

let server: Server;
let visitor: Visitor;

beforeAll(async () => {
  server = await Server.start();
  await stock(server);
});
afterAll(() => server.close());
beforeEach(async () => {
  visitor = await Visitor.arrive(server.url);
});
afterEach(() => visitor.leave());

const order = (customer_id: string, product_id: string): Promise<unknown> =>
  server.post("/api/v1/order/create", { customer_id, product_id, number: 1 });

test("an order that another device places appears without a reload, also after the server was killed", async () => {
  const page = await visitor.open("/orders");
  await knownAs(page, "traveller");
  await page.getByText("No orders").waitFor();
  await order("traveller", "product00001");
  await page.getByRole("link", { name: /Gaming Display/ }).waitFor();

  await server.kill();
  await server.start();
  await order("traveller", "product00002");
  await page
    .getByRole("link", { name: /Web Camera/ })
    .waitFor({ timeout: 30_000 });
});

test("an order placed before the server was killed arrives after it is back", async () => {
  const page = await visitor.open("/");
  await page.getByRole("button", { name: "Add Desk Lamp to the cart" }).click();
  await page.goto("/cart");
  await knownAs(page, "patient");
  // Nothing is heard of the order until the server has died.
  let silent = true;
  const quiet = [/orderinfo\/stream/, /orderinfo\/get/];
  for (const path of quiet) {
    await page.route(path, (route) =>
      silent ? route.abort() : route.continue(),
    );
  }
  await page.getByRole("button", { name: "Place order" }).click();
  await page.waitForURL(/placed/);
  await server.kill();
  silent = false;
  await server.start();
  await reached(page, "In the warehouse", 45_000);
});

test("where there is no stream, the shop asks for its orders", async () => {
  const page = await visitor.open("/");
  await page.route(/orderinfo\/stream/, (route) =>
    route.fulfill({ status: 404 }),
  );
  const tokens: (string | undefined)[] = [];
  page.on("request", (request) => {
    if (!request.url().endsWith("/orderinfo/get")) return;
    tokens.push(request.headers()["consistency-token"]);
  });
  await page.getByRole("button", { name: "Add Desk Lamp to the cart" }).click();
  await page.goto("/cart");
  await knownAs(page, "streamless");
  await page.getByRole("button", { name: "Place order" }).click();
  await page.waitForURL(/placed/);
  await reached(page, "Visible");
  expect(tokens.some((token) => token !== undefined)).toBe(true);
});

test("an order of long ago is known to be in the warehouse", async () => {
  const { order_id } = (await order("archivist", "product00003")) as {
    order_id: string;
  };
  const body = {
    customer_id: "archivist",
    order_date: String(new Date().getUTCFullYear()),
  };
  await until("it is visible", async () => {
    const { orders } = (await server.post("/api/v1/orderinfo/list", body)) as {
      orders: unknown[];
    };
    return orders.length === 1;
  });
  const page = await visitor.open(`/orders/${order_id}`);
  await page.getByRole("textbox", { name: "Customer ID" }).fill("archivist");
  await page.getByRole("button", { name: "Look it up" }).click();
  await page.getByRole("heading", { name: "Mechanical Keyboard" }).waitFor();
  await reached(page, "In the warehouse");
});
