import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addToCart, currentCart } from "./cart";
import { currentSightings } from "./placed";
import { placeLine, type Placement } from "./placing";

const display = { product_id: "product00001", product_name: "Gaming Display", unit_price: 500 };
const order = {
  customer_id: "customer01",
  number: 2,
  order_date: "2021-01-18",
  order_id: "efc25040-34be-445b-b789-b21d24326d84",
  product_id: "product00001",
};

interface Sent {
  key: string | null;
  body: unknown;
}

let sent: Sent[];

/** A server that gives these answers one after the other; undefined: nobody answers. */
function serverThatAnswers(...answers: (Response | undefined)[]): void {
  vi.stubGlobal("fetch", async (request: Request) => {
    sent.push({ key: request.headers.get("Idempotency-Key"), body: await request.json() });
    const answer = answers.shift();
    if (!answer) throw new TypeError("Failed to fetch");
    return answer;
  });
}

const accepted = (): Response => Response.json(order, { headers: { "Consistency-Token": "t" } });
const refused = (status: number, headers: Record<string, string> = {}): Response =>
  Response.json({ message: "No.", code: "no", status }, { status, headers });

async function place(): Promise<Placement> {
  const [line] = currentCart().lines;
  const placing = placeLine({
    key: line?.key ?? "",
    customer_id: "customer01",
    signal: new AbortController().signal,
    tell: () => undefined,
  });
  await vi.runAllTimersAsync();
  return placing;
}

beforeEach(() => {
  sent = [];
  vi.useFakeTimers();
  addToCart(display, 2);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("placing a line", () => {
  it("leaves the cart and is known as placed", async () => {
    serverThatAnswers(accepted());
    expect(await place()).toEqual({ state: "placed", order_id: order.order_id });
    expect(currentCart().lines).toEqual([]);
    expect(currentSightings()).toMatchObject([
      { order_id: order.order_id, product_name: "Gaming Display", token: "t" },
    ]);
  });

  it("repeats the same key and body until it is answered", async () => {
    serverThatAnswers(undefined, refused(503, { "Retry-After": "1" }), accepted());
    expect((await place()).state).toBe("placed");
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map((each) => JSON.stringify(each))).size).toBe(1);
  });

  it("stays sent where nobody answers, so that the next attempt is the same order", async () => {
    serverThatAnswers();
    expect((await place()).state).toBe("unanswered");
    expect(currentCart().lines[0]?.sent?.customer_id).toBe("customer01");
    const key = sent[0]?.key;
    serverThatAnswers(accepted());
    await place();
    expect(sent.at(-1)?.key).toBe(key);
  });

  it("may be changed after a refusal, and is not tried again by itself", async () => {
    serverThatAnswers(refused(400));
    expect((await place()).state).toBe("refused");
    expect(sent).toHaveLength(1);
    expect(currentCart().lines[0]?.sent).toBeUndefined();
  });

  it("is unclear where its key stands for another order", async () => {
    serverThatAnswers(refused(422));
    expect((await place()).state).toBe("unclear");
    expect(currentCart().lines).toHaveLength(1);
  });

  it("does nothing for a line that another tab has placed", async () => {
    localStorage.setItem("orderly.cart.v1", '{"lines":[]}');
    serverThatAnswers(accepted());
    const gone = placeLine({
      key: "gone",
      customer_id: "customer01",
      signal: new AbortController().signal,
      tell: () => undefined,
    });
    expect((await gone).state).toBe("gone");
    expect(sent).toEqual([]);
  });
});
