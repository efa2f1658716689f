import { describe, expect, it } from "vitest";
import type { Answer, Ask, AskOptions } from "../../core/warehouse/ask";
import type { Cell } from "../../core/warehouse/cells";
import { parseDay, type Day } from "./dates";
import { change, readKnownRange, readOverview, share } from "./figures";

const answer = (rows: Cell[][], lagMs: number | null = 0, position = 7): Answer => ({
  columns: [],
  rows,
  truncated: false,
  position,
  lagMs,
  at: 1,
  ms: 1,
});
const date = (value: string) => ({ type: "DATE", value });
const day = (text: string): Day => {
  const parsed = parseDay(text);
  if (!parsed) throw new Error(`${text} is no day`);
  return parsed;
};

describe("an overview", () => {
  const ask: Ask = (sql, options) => {
    if (sql.includes("product_id"))
      return Promise.resolve(answer([["p1", "Display", "9007199254740993", 2, 2, 12]], 3));
    if (options?.parameters?.[2] === "day") {
      return Promise.resolve(
        answer(
          [
            ["2021-01-01", "9007199254740993", 1, 1],
            ["2021-01-03", 7, 1, 1],
          ],
          12,
          5,
        ),
      );
    }
    return Promise.resolve(answer([[null, 0, null]]));
  };
  it("sums beyond 2^53 exactly and says how far the stalest answer is behind", async () => {
    const made = await readOverview(ask, { from: day("2021-01-01"), to: day("2021-01-03") }, "day");
    expect(made.now).toEqual({ revenue: 9007199254741000n, orders: 2n, units: 2n });
    expect(made.then).toEqual({ revenue: 0n, orders: 0n, units: 0n });
    expect(made.productCount).toBe(12);
    expect(made.fresh).toMatchObject({ lagMs: 12, position: 5 });
  });
  it("binds every day and grain, and writes none into a statement", async () => {
    const asked: [string, AskOptions | undefined][] = [];
    const listening: Ask = (sql, options) => {
      asked.push([sql, options]);
      return ask(sql, options);
    };
    await readOverview(listening, { from: day("2021-01-02"), to: day("2021-01-03") }, "day");
    expect(asked.map(([, options]) => options?.parameters)).toEqual([
      [date("2021-01-02"), date("2021-01-03"), "day"],
      [date("2021-01-02"), date("2021-01-03")],
      [date("2020-02-01"), date("2021-01-03"), "month"],
      [date("2020-12-31"), date("2021-01-01")],
    ]);
    for (const [sql] of asked) expect(sql).not.toMatch(/'|\d{4}-/);
  });
  it("does not know the lag where one answer does not", async () => {
    const unknown: Ask = () => Promise.resolve(answer([], null));
    const made = await readOverview(
      unknown,
      { from: day("2021-01-01"), to: day("2021-01-03") },
      "day",
    );
    expect(made.fresh.lagMs).toBeNull();
    expect(made.now.orders).toBe(0n);
  });
  it("knows no range where there are no orders", async () => {
    expect(await readKnownRange(() => Promise.resolve(answer([[null, null]])))).toBeNull();
  });
});

it("tells changes and shares without dividing by nothing", () => {
  expect(change(150n, 100n)).toBe(50);
  expect(change(1n, 0n)).toBeUndefined();
  expect(share(1n, 0n)).toBe(0);
  expect(share(1n, 4n)).toBe(0.25);
});
