import { describe, expect, it } from "vitest";
import {
  addToCart,
  currentCart,
  isUnclear,
  KEY_LIFE_MS,
  markSent,
  refreshLine,
  releaseLine,
  renewLine,
  setNumber,
  settleLine,
} from "./cart";
import { MAX_LINES, MAX_NUMBER } from "./limits";

const display = { product_id: "product00001", product_name: "Gaming Display", unit_price: 500 };

function only(): ReturnType<typeof currentCart>["lines"][number] {
  const [line] = currentCart().lines;
  if (!line) throw new Error("The cart is empty.");
  return line;
}

describe("the cart", () => {
  it("adds up what is added twice, under one key", () => {
    addToCart(display, 2);
    const { key } = only();
    addToCart(display, 3);
    expect(only()).toMatchObject({ number: 5, key });
  });

  it("keeps numbers within what an order takes", () => {
    addToCart(display, MAX_NUMBER);
    addToCart(display, 1);
    expect(only().number).toBe(MAX_NUMBER);
    setNumber(display.product_id, 0);
    expect(only().number).toBe(1);
  });

  it("remembers the price that a product was put in at, until it is that again", () => {
    addToCart(display, 1);
    refreshLine({ ...display, unit_price: 550 });
    refreshLine({ ...display, unit_price: 600 });
    expect(only()).toMatchObject({ unit_price: 600, was: 500 });
    refreshLine(display);
    expect(only().was).toBeUndefined();
    refreshLine({ ...display, unit_price: 550 });
    addToCart({ ...display, unit_price: 550 }, 1);
    expect(only()).toMatchObject({ unit_price: 550, number: 2 });
    expect(only().was).toBeUndefined();
  });

  it("is bounded", () => {
    for (let at = 0; at < MAX_LINES; ++at) addToCart({ ...display, product_id: `p${at}` }, 1);
    expect(addToCart(display, 1)).toBe("full");
    expect(currentCart().lines).toHaveLength(MAX_LINES);
  });

  it("is empty where what was kept makes no sense", () => {
    localStorage.setItem("orderly.cart.v1", "{");
    expect(currentCart().lines).toEqual([]);
    const line = { ...display, number: 1, key: "k" };
    const lines = [
      line,
      { ...line, number: 0 },
      { ...line, unit_price: 0.5 },
      null,
      { ...line, sent: 1 },
    ];
    localStorage.setItem("orderly.cart.v1", JSON.stringify({ lines }));
    expect(currentCart().lines).toEqual([line]);
  });

  it("sees what another tab has kept, and loses none of it", () => {
    addToCart(display, 1);
    const other = { ...display, product_id: "product00002", number: 1, key: "other" };
    const both = { lines: [...currentCart().lines, other] };
    localStorage.setItem("orderly.cart.v1", JSON.stringify(both));
    setNumber(display.product_id, 7);
    expect(currentCart().lines.map((line) => line.number)).toEqual([7, 1]);
  });
});

describe("a line that was sent", () => {
  it("is sent again as it was: same key, same customer, same number", () => {
    addToCart(display, 2);
    const { key } = only();
    markSent(key, "customer01", 1000);
    setNumber(display.product_id, 9);
    expect(addToCart(display, 1)).toBe("under_way");
    const again = markSent(key, "customer02", 2000);
    expect(again).toMatchObject({ key, number: 2, sent: { customer_id: "customer01", at: 1000 } });
  });

  it("may be changed again after a refusal", () => {
    addToCart(display, 2);
    const { key } = only();
    markSent(key, "customer01", 1000);
    releaseLine(key);
    setNumber(display.product_id, 3);
    expect(only()).toMatchObject({ number: 3, key });
  });

  it("is not known to be safe after the server may have forgotten its key", () => {
    addToCart(display, 1);
    const { key } = only();
    markSent(key, "customer01", 1000);
    expect(isUnclear(only(), 1000 + KEY_LIFE_MS)).toBe(false);
    expect(isUnclear(only(), 1001 + KEY_LIFE_MS)).toBe(true);
    renewLine(key);
    expect(only().sent).toBeUndefined();
    expect(only().key).not.toBe(key);
  });

  it("is taken out by its own answer only", () => {
    addToCart(display, 1);
    settleLine("another key");
    expect(currentCart().lines).toHaveLength(1);
    settleLine(only().key);
    expect(currentCart().lines).toEqual([]);
  });
});
