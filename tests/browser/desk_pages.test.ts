import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { barriers } from "./support/axe";
import { Visitor } from "./support/browser";
import { picture } from "./support/picture";
import { Server } from "./support/server";
import { PRODUCTS, stock } from "./support/shop";
import { until } from "./support/until";

/** How the desk and the reference look, on a large screen and a phone, light and dark. */
const ORDERS = 240;

let server: Server;

beforeAll(async () => {
  server = await Server.start();
  await stock(server);
  for (let i = 0; i < ORDERS; ++i)
    await server.post("/api/v1/order/create", order(i));
  await until("the orders are in the warehouse", async () => {
    const query = "select count(*) from cqrs_example.order_information";
    const answer = await server.post("/api/v1/warehouse/query", { query });
    return (answer as { rows: number[][] }).rows[0]?.[0] === ORDERS;
  });
});
afterAll(() => server.close());

/** The same orders at every run, more of them towards the end. */
function order(i: number): unknown {
  const day = new Date(
    Date.UTC(2021, 0, 1) + Math.floor(Math.sqrt(i / ORDERS) * 90) * 86_400_000,
  );
  return {
    customer_id: `customer${String(i % 7).padStart(2, "0")}`,
    product_id: PRODUCTS[(i * i) % PRODUCTS.length]?.product_id,
    number: 1 + ((i * 5) % 3),
    order_date: day.toISOString().slice(0, 10),
  };
}

const SQL =
  "SELECT product_name, sum(number) AS total_number,\n       sum(total_price) AS revenue\nFROM cqrs_example.order_information\nGROUP BY product_name\nORDER BY revenue DESC";

interface Stop {
  name: string;
  go: (page: Page) => Promise<void>;
}

const STOPS: Stop[] = [
  {
    name: "desk-overview",
    go: async (page) => {
      await page.goto("/desk?range=custom&from=2021-01-01&to=2021-03-31");
      await page.getByRole("row", { name: /Standing Desk/ }).waitFor();
    },
  },
  {
    name: "desk-sql",
    go: async (page) => {
      await page.goto("/desk/sql");
      await page.getByRole("textbox", { name: "SQL statement" }).click();
      await page.keyboard.press("Control+A");
      await page.keyboard.insertText(SQL);
      await page.keyboard.press("Control+Enter");
      await page.getByRole("gridcell", { name: "Gaming Display" }).waitFor();
      // The list of what could be typed next closes.
      await page.getByRole("gridcell", { name: "Gaming Display" }).click();
    },
  },
  {
    name: "desk-products",
    go: async (page) => {
      await page.goto("/desk/products?product=product00001");
      await page.getByRole("table", { name: "Versions" }).waitFor();
    },
  },
  {
    name: "desk-pipeline",
    go: async (page) => {
      await page.goto("/desk/pipeline");
      await page
        .getByRole("region", { name: "State" })
        .getByText("Up to date")
        .waitFor();
      await page.getByText("0/s").first().waitFor();
    },
  },
  {
    name: "desk-verification",
    go: async (page) => {
      await page.goto("/desk/pipeline");
      const sheet = page.getByRole("region", { name: "Last verification" });
      await sheet.getByRole("button", { name: "Verify now" }).click();
      await sheet.getByText("Everything agrees.").waitFor();
      await sheet.getByRole("progressbar").waitFor({ state: "detached" });
      await sheet.evaluate((element) =>
        element.scrollIntoView({ block: "center" }),
      );
    },
  },
  {
    name: "docs",
    go: async (page) => {
      await page.goto("/docs");
      await page.getByRole("article").first().waitFor();
    },
  },
];

/** Times and durations are others at every run; in a picture they are always the same. */
function holdTimes(): void {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (node.parentElement?.closest("option")) continue;
    const text = node.nodeValue ?? "";
    const still = text
      .replace(/\d\d:\d\d:\d\d/g, "20:00:00")
      .replace(/\b\d+ m?s\b/g, "4 ms");
    if (still !== text) node.nodeValue = still;
  }
}

const LOOKS = [
  { width: 1440, scheme: "light" as const, pictured: true },
  { width: 1440, scheme: "dark" as const, pictured: true },
  { width: 390, scheme: "light" as const, pictured: true },
  { width: 390, scheme: "dark" as const, pictured: false },
];

describe.each(LOOKS)("at $width px, $scheme", ({ width, scheme, pictured }) => {
  let visitor: Visitor;
  beforeAll(async () => {
    visitor = await Visitor.arrive(server.url, {
      width,
      scheme,
      height: width < 600 ? 844 : 1000,
    });
  });
  afterAll(() => visitor.leave());

  test.each(STOPS)(
    "$name keeps nobody out and stays inside",
    async ({ name, go }) => {
      const page = await visitor.context.newPage();
      await go(page);
      expect(await barriers(page)).toEqual([]);
      expect(
        await page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        ),
      ).toBeLessThanOrEqual(0);
      if (pictured) {
        await page.evaluate(holdTimes);
        await picture(page, `${name}-${width}-${scheme}`);
      }
      expect(visitor.troubles).toEqual([]);
      await page.close();
    },
  );
});
