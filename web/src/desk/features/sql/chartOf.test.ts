import { describe, expect, it } from "vitest";
import type { Answer } from "../../core/warehouse/ask";
import type { Cell, Column } from "../../core/warehouse/cells";
import { chartOf, guessChart, MAX_PLOTTED, secondsOf } from "./chartOf";

const answer = (columns: Column[], rows: Cell[][]): Answer => ({
  columns,
  rows,
  truncated: false,
  position: 1,
  lagMs: 0,
  at: 0,
  ms: 1,
});
const day = { name: "day", type: "DATE" };
const revenue = { name: "revenue", type: "HUGEINT" };
const product = { name: "product", type: "VARCHAR" };

describe("a chart of a result", () => {
  it("has days across in their order, whatever the statement's", () => {
    const made = answer(
      [revenue, day],
      [
        [2, "2021-01-02"],
        [1, "2021-01-01"],
        [3, null],
      ],
    );
    const guess = guessChart(made);
    expect(guess).toMatchObject({ x: 1, y: [0] });
    const chart = guess && chartOf(made, guess, String);
    expect(chart?.x).toBe("time");
    expect(chart?.series[0]?.values).toEqual([1, 2]);
    expect(chart?.left).toBe(1);
  });
  it("has names across and keeps the statement's order", () => {
    const made = answer(
      [product, revenue],
      [
        ["b", "9007199254740993"],
        ["a", null],
      ],
    );
    const guess = guessChart(made);
    const chart = guess && chartOf(made, guess, String);
    expect(chart?.names).toEqual(["b", "a"]);
    expect(chart?.series[0]?.values).toEqual([9007199254740992, null]);
  });
  it("is none where nothing is a number", () => {
    expect(guessChart(answer([product], [["a"]]))).toBeNull();
  });
  it("is bounded", () => {
    const made = answer(
      [revenue],
      Array.from({ length: MAX_PLOTTED + 10 }, (_, i) => [i]),
    );
    const guess = guessChart(made);
    expect(guess && chartOf(made, guess, String).left).toBe(10);
  });
  it("reads times as UTC", () => {
    expect(secondsOf("1970-01-02 00:00:01.5")).toBe(86_401.5);
    expect(secondsOf("0050-01-01")).toBeLessThan(0);
    expect(secondsOf("soon")).toBeUndefined();
  });
});
