import { expect, it } from "vitest";
import { parsePrice, problemsOf, productOf } from "./form";

it.each([
  ["0", 0],
  ["9,000,000,000", 9_000_000_000],
  [" 1 250 ", 1250],
  ["9000000001", undefined],
  ["1.5", undefined],
  ["-1", undefined],
  ["1e3", undefined],
  ["", undefined],
])("reads the price %j as %s", (text, price) => expect(parsePrice(text)).toBe(price));

it("says what is wrong of each field, in bytes as the API counts them", () => {
  expect(problemsOf({ id: "", name: "ü".repeat(257), price: "x" })).toEqual({
    id: expect.any(String) as string,
    name: expect.any(String) as string,
    price: expect.any(String) as string,
  });
  expect(problemsOf({ id: "", name: "", price: "1" })).toEqual({
    id: "Enter an ID.",
    name: "Enter a name.",
  });
  expect(problemsOf({ id: "p", name: "ü".repeat(256), price: "1" })).toEqual({});
  expect(productOf({ id: "p", name: "n", price: "1,000" })).toEqual({
    product_id: "p",
    product_name: "n",
    unit_price: 1000,
  });
});
