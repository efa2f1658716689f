import { expect, it } from "vitest";
import {
  formatAge,
  formatChange,
  formatCompact,
  formatCount,
  formatDay,
  formatMonth,
  formatRate,
} from "./format";

it.each([
  [0, "0 ms"],
  [-3, "0 ms"],
  [0.0004, "1 ms"],
  [0.25, "250 ms"],
  [4.24, "4.2 s"],
  [59.9, "59 s"],
  [185, "3 min 5 s"],
  [3_600, "1 h"],
  [7_800, "2 h 10 min"],
  [273_600, "3 d 4 h"],
])("says %d seconds as %s", (seconds, text) => expect(formatAge(seconds)).toBe(text));

it.each([
  [undefined, "–"],
  [0, "0/s"],
  [0.01, "<0.1/s"],
  [7.25, "7.3/s"],
  [12_345, "12.3k/s"],
])("says a rate of %s as %s", (rate, text) => expect(formatRate(rate).toLowerCase()).toBe(text));

it("writes counts of any size exactly, and short ones where there is little room", () => {
  expect(formatCount(12345678901234567890n)).toBe("12,345,678,901,234,567,890");
  expect(formatCompact(9_999)).toBe("9,999");
  expect(formatCompact(1_250_000).toLowerCase()).toBe("1.3m");
});

it("writes days without shifting them by where the reader sits", () => {
  expect(formatDay("2021-02-04")).toBe("4 Feb 2021");
  expect(formatMonth("2021-02-01")).toBe("Feb 2021");
  expect(formatChange(-12.34)).toBe("−12.3 %");
});
