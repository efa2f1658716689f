import { describe, expect, it } from "vitest";
import { errorPlace, withoutDrawing } from "./errorPlace";

/** Messages as DuckDB 1.4.4 gives them. */
const said = (line: number, excerpt: string, caret: number): string =>
  `Binder Error: Referenced column not found!\n\nLINE ${line}: ${excerpt}\n${" ".repeat(caret)}^`;

describe("where a message points", () => {
  const pointed = (sql: string, message: string): string | undefined => {
    const place = errorPlace(message, sql);
    return place && sql.slice(place.from, place.to);
  };
  it("finds a name in the first line", () => {
    const sql = "select product_nam from cqrs_example.order_information";
    expect(pointed(sql, said(1, sql, 15))).toBe("product_nam");
    expect(errorPlace(said(1, sql, 15), sql)).toMatchObject({ line: 1, column: 8 });
  });
  it("finds it in a later line", () => {
    expect(pointed("select 1,\n  2 from\nnowhere", said(3, "nowhere", 8))).toBe("nowhere");
  });
  it("finds it in a line that was cut on both sides", () => {
    const sql =
      "select customer_id, order_id, product_id, product_name, number, unit_price, total_price, order_date, bogus_column, customer_id, order_id, product_id, product_name from x";
    const excerpt =
      "..., product_name, number, unit_price, total_price, order_date, bogus_column, customer_id, order_id, product_id, product_name...";
    expect(pointed(sql, said(1, excerpt, 72))).toBe("bogus_column");
  });
  it("counts a wide character as two columns and a tab as none", () => {
    const wide = "select '日本語', nope from cqrs_example.order_information";
    expect(pointed(wide, said(1, wide, 25))).toBe("nope");
    const tab = "select\t\t(1,\n\tnope) from cqrs_example.order_information";
    expect(pointed(tab, said(2, "\tnope) from cqrs_example.order_information", 8))).toBe("nope");
  });
  it("points at the end where the statement ends too early", () => {
    expect(errorPlace("Parser Error: syntax error at end of input", "select (1 ")).toMatchObject({
      from: 8,
      to: 9,
      line: 1,
    });
  });
  it("knows no place where the message has none, or one of another statement", () => {
    expect(errorPlace("only queries are answered here", "delete from x")).toBeUndefined();
    expect(errorPlace(said(9, "x", 8), "select 1")).toBeUndefined();
    expect(errorPlace(said(1, "something else", 8), "select 1")).toBeUndefined();
  });
  it("leaves the drawing out of the words", () => {
    expect(withoutDrawing(said(1, "select x", 15))).toBe(
      "Binder Error: Referenced column not found!",
    );
  });
});
