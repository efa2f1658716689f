import { describe, expect, it } from "vitest";
import { moved, scrollLeftFor, shortText, widthsOf, MAX_CELL_CHARACTERS } from "./grid";

const all = { rows: 100_000, columns: 3, page: 20 };

describe("the chosen cell", () => {
  const at = { row: 50, column: 1 };
  it.each([
    ["ArrowDown", false, { row: 51, column: 1 }],
    ["ArrowDown", true, { row: 99_999, column: 1 }],
    ["PageDown", false, { row: 70, column: 1 }],
    ["PageUp", false, { row: 30, column: 1 }],
    ["Home", false, { row: 50, column: 0 }],
    ["End", true, { row: 99_999, column: 2 }],
  ])("moves with %s (to the end: %s)", (key, whole, to) => {
    expect(moved(at, key, all, whole)).toEqual(to);
  });
  it("stays inside and leaves other keys alone", () => {
    expect(moved({ row: 0, column: 0 }, "ArrowUp", all, false)).toEqual({ row: 0, column: 0 });
    expect(moved({ row: 99_990, column: 0 }, "PageDown", all, false)).toEqual({
      row: 99_999,
      column: 0,
    });
    expect(moved(at, "Tab", all, false)).toBeUndefined();
  });
});

describe("the window of the columns", () => {
  const window = { left: 500, width: 300, frozen: 60 };
  it.each([
    ["stays where the column is in sight", { left: 600, width: 100 }, 500],
    ["goes left until the column begins beside what is frozen", { left: 520, width: 100 }, 460],
    ["goes right until the column ends in it", { left: 750, width: 100 }, 550],
    ["shows the beginning of a column that has no room", { left: 750, width: 280 }, 690],
    ["stays at the first column", { left: 60, width: 280 }, 0],
  ])("%s", (_, column, left) => expect(scrollLeftFor(column, window)).toBe(left));
});

it("shows a long text of many lines short and in one", () => {
  expect(shortText("a\n  b")).toBe("a ⏎ b");
  expect(shortText("x".repeat(10_000))).toHaveLength(MAX_CELL_CHARACTERS + 1);
  expect(shortText(`${" \n".repeat(1_000)}end`)).toMatch(/…$/);
  expect(shortText(null)).toBe("");
});

it("gives columns the width of what they hold, within bounds", () => {
  const columns = [
    { name: "a", type: "VARCHAR" },
    { name: "b", type: "BIGINT" },
  ];
  const [wide, narrow] = widthsOf(columns, [["x".repeat(500), 1]]);
  expect(wide).toBeLessThanOrEqual(42);
  expect(narrow).toBeGreaterThanOrEqual(6);
});
