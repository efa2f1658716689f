import type { Page } from "playwright-core";
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
import { knownAs, ordersOf, stock } from "./support/shop";
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

const LIST = "**/api/v1/product/list";
const CREATE = "**/api/v1/order/create";

async function checkout(customer: string): Promise<Page> {
  const page = await visitor.open("/");
  await page
    .getByRole("button", { name: "Add Gaming Display to the cart" })
    .click();
  await page.goto("/cart");
  await knownAs(page, customer);
  return page;
}

test("while the list loads its rows hold their place", async () => {
  const page = await visitor.context.newPage();
  let answer = (): void => undefined;
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route(LIST, async (route) => {
    await asked;
    await route.continue();
  });
  await page.goto("/");
  const row = page.locator("main section li").first();
  const before = await row.boundingBox();
  answer();
  await page.getByRole("link", { name: "Gaming Display" }).waitFor();
  const after = await row.boundingBox();
  expect(after?.y).toBe(before?.y);
  expect(after?.height).toBe(before?.height);
  expect(visitor.troubles).toEqual([]);
});

test("a list that cannot be had says why and can be asked for again", async () => {
  const page = await visitor.context.newPage();
  const problem = {
    message: "The disk is full.",
    code: "no_space",
    status: 507,
  };
  await page.route(LIST, (route) =>
    route.fulfill({
      status: 507,
      json: problem,
      contentType: "application/problem+json",
    }),
  );
  await page.goto("/");
  await page.getByRole("alert").getByText("The disk is full.").waitFor();
  await page.unroute(LIST);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("link", { name: "Gaming Display" }).waitFor();
});

test("a busy server is asked again when it says, and gets one order", async () => {
  const page = await checkout("busy");
  const at: number[] = [];
  await page.route(CREATE, (route) => {
    at.push(Date.now());
    if (at.length > 1) return route.continue();
    const problem = {
      message: "Too many orders at once.",
      code: "overloaded",
      status: 429,
    };
    const headers = { "Retry-After": "2" };
    return route.fulfill({ status: 429, json: problem, headers });
  });
  await page.getByRole("button", { name: "Place order" }).click();
  await page.getByText("Too many orders at once.").waitFor();
  await page.waitForURL(/placed/);
  const [first = 0, second = 0] = at;
  expect(second - first).toBeGreaterThanOrEqual(2000);
  await until(
    "it is visible",
    async () => (await ordersOf(server, "busy")).length === 1,
  );
});

test("an answer that is lost on the way makes no second order", async () => {
  const page = await checkout("lossy");
  let lost = 0;
  await page.route(CREATE, async (route) => {
    if (lost++ >= 2) return route.continue();
    await route.fetch();
    return route.abort("connectionreset");
  });
  await page.getByRole("button", { name: "Place order" }).click();
  await page.waitForURL(/placed/);
  expect(lost).toBe(3);
  await until(
    "it is visible",
    async () => (await ordersOf(server, "lossy")).length > 0,
  );
  expect(await ordersOf(server, "lossy")).toHaveLength(1);
});

test("offline, the cart still works and nothing can be placed", async () => {
  const page = await checkout("hermit");
  await visitor.context.setOffline(true);
  await page.getByText("You are offline. Your cart stays as it is").waitFor();
  await page
    .getByRole("button", { name: "One more of Gaming Display" })
    .click();
  await page.getByText("1,000", { exact: true }).first().waitFor();
  expect(
    await page.getByRole("button", { name: "Place order" }).isDisabled(),
  ).toBe(true);
  await visitor.context.setOffline(false);
  await page.getByRole("button", { name: "Place order" }).click();
  await page.waitForURL(/placed/);
});
