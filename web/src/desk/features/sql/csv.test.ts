import { describe, expect, it } from "vitest";
import type { Cell } from "../../core/warehouse/cells";
import { csvFile, csvRecords } from "./csv";

const columns = [
  { name: "name", type: "VARCHAR" },
  { name: "n", type: "HUGEINT" },
];
const text = (rows: Cell[][], spreadsheetSafe = true): string =>
  [...csvRecords(columns, rows, { spreadsheetSafe })].join("");

describe("CSV", () => {
  it("is RFC 4180", () => {
    expect(text([['a "b", c\nd', 1]])).toBe('name,n\r\n"a ""b"", c\nd",1\r\n');
  });
  it("tells NULL from an empty text", () => {
    expect(
      text([
        [null, null],
        ["", 0],
      ]),
    ).toBe('name,n\r\n,\r\n"",0\r\n');
  });
  it("keeps large integers and negative numbers as they are", () => {
    expect(text([["x", "-12345678901234567890"]])).toContain("x,-12345678901234567890\r\n");
  });
  it.each(['=HYPERLINK("http://x")', "+1", "-1", "@sum", "\tx", "\rx"])(
    "disarms %s for spreadsheets",
    (cell) => {
      expect(text([[cell, 1]]).split("\r\n")[1]).toMatch(/^"?'/);
      expect(text([[cell, 1]], false)).not.toContain("'");
    },
  );
  it("disarms names of columns too", () => {
    const named = csvRecords([{ name: "=x", type: "INTEGER" }], [], { spreadsheetSafe: true });
    expect([...named]).toEqual(["'=x\r\n"]);
  });
  it("writes more records than a piece has", () => {
    const rows = Array.from({ length: 5_001 }, (_, i): Cell[] => ["r", i]);
    expect(csvFile({ columns, rows }, { spreadsheetSafe: true }).size).toBe(text(rows).length);
  });
});
