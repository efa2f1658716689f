import { describe, expect, it } from "vitest";
import { parsePeriod, periodText } from "./dates";

describe("a period", () => {
  it.each(["2021", "2021-02", "2021-02-14", "2024-02-29"])("%s is what the API takes", (text) => {
    const period = parsePeriod(text);
    expect(period && periodText(period)).toBe(text);
  });

  it("may be written with slashes", () => {
    expect(parsePeriod("2021/02/14")).toEqual({ year: 2021, month: 2, day: 14 });
  });

  it.each([
    "",
    "21",
    "2021-2",
    "2021-13",
    "2021-02-30",
    "2023-02-29",
    "2100-02-29",
    "0000",
    "2021-02-14x",
  ])("“%s” is none", (text) => expect(parsePeriod(text)).toBeUndefined());
});
