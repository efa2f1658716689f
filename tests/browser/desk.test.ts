import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  test,
} from "vitest";
import { barriers } from "./support/axe";
import { Visitor } from "./support/browser";
import { Server } from "./support/server";
import { stock } from "./support/shop";
import { until } from "./support/until";

/** The owner at the desk, against a real server with known orders. */
const ORDERS = [
  { product_id: "product00001", number: 2, order_date: "2021-01-18" },
  { product_id: "product00002", number: 3, order_date: "2021-01-18" },
  { product_id: "product00005", number: 1, order_date: "2021-02-14" },
];
const DAYS = "range=custom&from=2021-01-01&to=2021-02-28";

let server: Server;
let visitor: Visitor;

async function rows(query: string): Promise<unknown[][]> {
  const answer = await server.post("/api/v1/warehouse/query", { query });
  return (answer as { rows: unknown[][] }).rows;
}

beforeAll(async () => {
  server = await Server.start();
  await stock(server);
  for (const order of ORDERS) {
    await server.post("/api/v1/order/create", {
      customer_id: "customer01",
      ...order,
    });
  }
  await until("the orders are in the warehouse", async () => {
    const [[count]] = (await rows(
      "select count(*) from cqrs_example.order_information",
    )) as [[number]];
    return count === ORDERS.length;
  });
});
afterAll(() => server.close());
beforeEach(async () => {
  visitor = await Visitor.arrive(server.url);
});
afterEach(() => visitor.leave());

/** Refused connections are the browser's own words for a server that is away. */
function troubles(except = /^$/): string[] {
  return visitor.troubles.filter((each) => !except.test(each));
}

async function write(page: Page, sql: string): Promise<void> {
  await page.getByRole("textbox", { name: "SQL statement" }).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(sql);
}

describe("the overview", () => {
  test("sums up what is known, exactly", async () => {
    const page = await visitor.open(`/desk?${DAYS}`);
    const sums = page.getByLabel("Sums");
    // 2 × 500 + 3 × 100 + 1 × 1250
    await sums.getByText("2,550", { exact: true }).waitFor();
    expect(await sums.innerText()).toMatch(/Orders\s+3\s/);
    expect(await sums.innerText()).toMatch(/Units sold\s+6\s/);
    expect(
      await page.getByRole("row", { name: /Standing Desk/ }).innerText(),
    ).toContain("1,250");
    await page
      .getByText(/behind/)
      .first()
      .waitFor();
    expect(troubles()).toEqual([]);
  });

  test("is read with the keyboard, and as a table", async () => {
    const page = await visitor.open(`/desk?${DAYS}&by=month`);
    const chart = page.getByRole("slider", { name: "Revenue by month" });
    await page.getByText("2,550", { exact: true }).waitFor();
    await chart.focus();
    await page.keyboard.press("Home");
    expect(await chart.getAttribute("aria-valuetext")).toBe(
      "Jan 2021: Revenue 1,300, Orders 2, Units 5",
    );
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Shift+Home");
    await page.keyboard.press("Enter");
    await page.waitForURL(/to=2021-01-31/);
    await page.getByRole("button", { name: "As a table" }).click();
    expect(
      await page.getByRole("region", { name: /Sales by/ }).innerText(),
    ).toContain("1,300");
  });

  test("says where the orders are when there are none in sight", async () => {
    const page = await visitor.open("/desk?range=7d");
    await page
      .getByText("There are orders from 18 Jan 2021 to 14 Feb 2021.")
      .waitFor();
    await page.getByRole("button", { name: "Show all of them" }).click();
    await page.getByText("2,550", { exact: true }).waitFor();
  });
});

describe("the SQL console", () => {
  test("runs by keyboard, keeps a history, and saves CSV", async () => {
    const page = await visitor.open("/desk/sql");
    const sql =
      "select product_name, null as nothing, 12345678901234567890 as large from cqrs_example.order_information order by 1";
    await write(page, sql);
    await page.keyboard.press("Control+Enter");
    const grid = page.getByRole("grid", { name: "Result" });
    await grid.getByRole("gridcell", { name: "Gaming Display" }).waitFor();
    expect(await grid.getByRole("gridcell", { name: "NULL" }).count()).toBe(3);
    expect(
      await grid
        .getByRole("gridcell", { name: "12345678901234567890" })
        .count(),
    ).toBe(3);

    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download CSV" }).click();
    const csv = await readFile(await (await download).path(), "utf8");
    expect(csv.split("\r\n").slice(0, 2)).toEqual([
      "product_name,nothing,large",
      "Gaming Display,,12345678901234567890",
    ]);

    await page.reload();
    await page.getByRole("tab", { name: /^History/ }).click();
    await page.getByText(sql).last().waitFor();
    expect(troubles()).toEqual([]);
  });

  test("shows the error at its place", async () => {
    const page = await visitor.open("/desk/sql");
    await write(
      page,
      "select product_name,\n  nope\nfrom cqrs_example.order_information",
    );
    await page.keyboard.press("Control+Enter");
    await page.getByRole("alert").getByText("Line 2, column 3.").waitFor();
    expect(await page.locator(".cm-error-place").innerText()).toBe("nope");
    expect(troubles(/status of 400/)).toEqual([]);
  });

  test("cancels a statement, here and at the server", async () => {
    const page = await visitor.open("/desk/sql");
    const endless =
      "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t";
    await write(page, endless);
    await page.keyboard.press("Control+Enter");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled.", { exact: true }).first().waitFor();
    await write(page, "select 42 as answer");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("gridcell", { name: "42" }).waitFor();
  });

  test("goes through a hundred thousand rows, and draws them", async () => {
    const page = await visitor.open("/desk/sql");
    await page.getByLabel("At most").selectOption("100000");
    await write(page, "select range as n from range(200000)");
    await page.keyboard.press("Control+Enter");
    await page
      .getByText("These are the first 100,000 rows; there are more.")
      .waitFor();
    await page.getByRole("button", { name: "Last page" }).click();
    await page.getByRole("gridcell", { name: "99999", exact: true }).waitFor();
    expect(await page.getByRole("row").count()).toBeLessThan(80);
    await page.getByText("Chart", { exact: true }).click();
    await page.getByText("95,000 rows of the result are not drawn.").waitFor();
  });

  test("knows the tables and inserts their names", async () => {
    const page = await visitor.open("/desk/sql");
    await write(page, "select ");
    await page
      .getByRole("button", { name: "Insert unit_price BIGINT" })
      .first()
      .click();
    await until("the name stands in the editor", async () =>
      (await page.locator(".cm-content").innerText()).includes(
        "select unit_price",
      ),
    );
  });
});

test("a price changes from now on, and what it was stays in the history", async () => {
  const page = await visitor.open("/desk/products?product=product00003");
  await page.getByLabel("Price from now on").fill("1.5");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("A whole number from 0 to 9,000,000,000.").waitFor();
  await page.getByLabel("Price from now on").fill("207");
  await page.getByRole("button", { name: "Save" }).click();
  const versions = page.getByRole("table", { name: "Versions" });
  await versions.getByText("+15.0 %").waitFor();
  expect(await versions.getByRole("row").count()).toBe(3);
  expect(
    await page.getByRole("button", { name: /Mechanical Keyboard/ }).innerText(),
  ).toContain("207");

  await page.getByRole("button", { name: "Add a product" }).click();
  const form = page.getByRole("region", { name: "New product" });
  await form.getByLabel("Product ID").fill("product00003");
  await form.getByText("There is a product of this ID").waitFor();
  await form.getByLabel("Product ID").fill("product00010");
  await form.getByLabel("Name").fill("Trackball <b>");
  await form.getByLabel("Price").fill("1,250");
  await form.getByRole("button", { name: "Add" }).click();
  await page.getByRole("heading", { name: "Trackball <b>" }).waitFor();
  expect(troubles()).toEqual([]);
});

test("the stores are compared at a press, and agree", async () => {
  const page = await visitor.open("/desk/pipeline");
  const sheet = page.getByRole("region", { name: "Last verification" });
  await sheet.getByRole("button", { name: "Verify now" }).click();
  await sheet.getByText("Everything agrees.").waitFor();
  expect(await sheet.getByLabel("Counted").innerText()).toMatch(
    /Accepted\s+3\s+Visible\s+3\s+Parked\s+0\s+Dead letters\s+0\s+In the warehouse\s+3/,
  );
  await sheet.getByText(/up to order 3/).waitFor();
  await page
    .getByRole("status")
    .getByText("Everything agrees.", { exact: false })
    .waitFor({ state: "attached" });
  await page.getByRole("link", { name: "Pipeline: Up to date" }).waitFor();
  expect(await barriers(page)).toEqual([]);
  expect(troubles()).toEqual([]);
});

test("the pipeline page lives through a kill of the server", async () => {
  const page = await visitor.open("/desk/pipeline");
  const state = page.getByRole("region", { name: "State" });
  await state.getByText("Up to date").waitFor();
  expect(
    await page.getByRole("row", { name: /^Projection/ }).innerText(),
  ).toContain("Up to date");
  await server.kill();
  await page
    .getByRole("alert")
    .getByText("The server does not tell how it is.")
    .waitFor();
  await page.getByRole("link", { name: "Pipeline: No answer" }).waitFor();
  await server.start();
  await state.getByText("Up to date").waitFor();
  expect(troubles(/Failed to load resource/)).toEqual([]);
});

test("an order without its product is shown as parked, with what to do", async () => {
  await server.post("/api/v1/order/create", {
    customer_id: "customer01",
    product_id: "nobodys",
    number: 1,
    order_date: "2021-03-01",
  });
  const page = await visitor.open("/desk/pipeline");
  await page
    .getByText("Add the product; the orders then go on by themselves.")
    .waitFor();
  await page
    .getByRole("region", { name: /Parked orders/ })
    .getByText("nobodys")
    .first()
    .waitFor();
  await server.post("/api/v1/product/create", {
    product_id: "nobodys",
    product_name: "Somebody’s now",
    unit_price: 0,
  });
  await page.getByText("No order waits for its product.").waitFor();
});

test("dead letters are read, rehearsed, redriven and given up", async () => {
  const known = await rows(
    "select order_id from cqrs_example.order_information where product_id != 'nobodys' order by 1",
  );
  const [one, two] = known.map(([id]) => String(id)) as [string, string];
  for (const order_id of [one, two]) {
    const forged = { ...ORDERS[0], customer_id: "customer01", number: 99 };
    const data = Buffer.from(JSON.stringify({ order_id, ...forged }));
    const message = {
      messageId: order_id,
      data: data.toString("base64"),
      attributes: { event_id: randomUUID(), event_type: "order_create" },
    };
    await server.push({ message });
  }
  const page = await visitor.open("/desk/pipeline");
  const sheet = page.getByRole("region", { name: "Dead letters 2" });
  const first = sheet.getByRole("button", { name: new RegExp(one) });
  await first.click();
  await sheet.getByLabel("Data").getByText(`"order_id": "${one}"`).waitFor();
  await sheet.getByRole("button", { name: "Rehearse", exact: true }).click();
  await sheet.getByText("1 would fail again").waitFor();
  await sheet.getByText("It would fail again: ", { exact: false }).waitFor();
  expect(await barriers(page)).toEqual([]);

  await sheet.getByRole("button", { name: "Redrive", exact: true }).click();
  await sheet.getByText("It failed again: ", { exact: false }).waitFor();
  await first.getByText("2 attempts").waitFor();

  await sheet.getByRole("textbox", { name: "Order" }).fill(two);
  await sheet.getByRole("button", { name: "Find" }).click();
  await first.waitFor({ state: "detached" });
  await sheet.getByRole("button", { name: "Redrive these" }).click();
  const question = page.getByRole("alertdialog");
  await question.getByRole("button", { name: "Redrive" }).click();
  await sheet
    .getByRole("button", { name: new RegExp(two) })
    .getByText("2 attempts")
    .waitFor();
  await sheet.getByRole("button", { name: "Show all" }).click();

  for (const [id, left] of [
    [one, "Dead letters 1"],
    [two, "Dead letters 0"],
  ] as const) {
    const letter = page.getByRole("button", { name: new RegExp(id) });
    const open = page.getByRole("button", { name: "Give up…" });
    if ((await open.count()) === 0) await letter.click();
    await open.click();
    await question.getByRole("button", { name: "Give up" }).click();
    await page.getByRole("region", { name: left }).waitFor();
  }
  expect(troubles()).toEqual([]);
});

test("the reference sends a call to this server", async () => {
  const page = await visitor.open("/docs");
  const call = page.getByRole("article", {
    name: "The newest version of a product",
  });
  await call.getByRole("button", { name: "Try it" }).click();
  await call.getByRole("button", { name: "Send" }).click();
  await call.getByText("200 OK").waitFor();
  expect(
    await call.getByRole("region", { name: "Answer" }).innerText(),
  ).toContain('"product_name": "Gaming Display"');
  await page
    .getByRole("searchbox", { name: "Find a path" })
    .fill("warehouse/query");
  await until(
    "one path is left",
    async () => (await page.getByRole("article").count()) === 1,
  );
  expect(troubles()).toEqual([]);
});

test("an address of the reference leads to its operation", async () => {
  const page = await visitor.open("/docs#getSubscription");
  const call = page.locator("#getSubscription");
  await call.waitFor();
  await until("it stands below the head", async () => {
    const top = await call.evaluate((it) => it.getBoundingClientRect().top);
    return top >= 0 && top < 200;
  });
  expect(troubles()).toEqual([]);
});
