import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Follower, type Following } from "./follow";
import { currentSightings, notePlaced } from "./placed";
import { stageOf } from "./stages";

const info = {
  customer_id: "customer01",
  number: 1,
  order_date: "2021-01-18",
  order_id: "order01",
  product_id: "product00001",
  product_name: "Gaming Display",
  total_price: 500,
  unit_price: 500,
};

/** The browser's EventSource, with a server that the test plays. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static all: FakeSource[] = [];
  static get last(): FakeSource {
    const source = FakeSource.all.at(-1);
    if (!source) throw new Error("No stream was opened.");
    return source;
  }
  readyState = 1;
  constructor(readonly url: string) {
    super();
    FakeSource.all.push(this);
  }
  close(): void {
    this.readyState = FakeSource.CLOSED;
  }
  say(type: string, data: unknown, lastEventId = ""): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data), lastEventId }));
  }
  fail(closed: boolean): void {
    this.readyState = closed ? FakeSource.CLOSED : 0;
    this.dispatchEvent(new Event("error"));
  }
}

let follower: Follower;
let following: Following;
let stale: number;
let answer: () => Response;

const stage = (): string => stageOf(currentSightings()[0]);
const notThere = (): Response =>
  Response.json({ message: "The order does not exist." }, { status: 404 });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("fetch", () => Promise.resolve(answer()));
  FakeSource.all = [];
  stale = 0;
  answer = notThere;
  notePlaced({ order: info, product_name: "Gaming Display", token: "t", now: 1 });
  follower = new Follower("customer01", {
    changed: (now) => (following = now),
    seen: () => undefined,
    stale: () => ++stale,
  });
});
afterEach(() => {
  follower.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const visible = {
  ...info,
  state: "visible",
  position: 7,
  visible_at: "2021-01-18T20:00:00.000000Z",
};

describe("following", () => {
  it("moves an order from station to station as the stream tells", () => {
    FakeSource.last.say("ready", { position: 6, warehouse_position: 6 }, "e:6");
    expect(following).toEqual({ link: "live", warehouse: true });
    expect(stage()).toBe("accepted");
    FakeSource.last.say("order", visible, "e:7");
    expect(stage()).toBe("visible");
    FakeSource.last.say("warehouse", { position: 6 });
    expect(stage()).toBe("visible");
    FakeSource.last.say("warehouse", { position: 7 });
    expect(stage()).toBe("stored");
  });

  it("comes back after the last event where the server refused the stream", async () => {
    FakeSource.last.say("ready", { position: 6, warehouse_position: 6 }, "e:6");
    FakeSource.last.fail(true);
    expect(following.link).toBe("broken");
    await vi.advanceTimersByTimeAsync(1000);
    expect(FakeSource.all).toHaveLength(2);
    expect(new URLSearchParams(FakeSource.last.url.split("?")[1]).get("after")).toBe("e:6");
  });

  it("leaves it to the browser to reconnect where the connection broke", async () => {
    FakeSource.last.fail(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSource.all).toHaveLength(1);
    expect(following.link).toBe("connecting");
  });

  it("asks for the order where the stream is broken", async () => {
    answer = () => Response.json(info);
    FakeSource.last.fail(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(stage()).toBe("visible");
  });

  it("begins anew until the warehouse is known to have what a query has seen", async () => {
    answer = () => Response.json(info);
    FakeSource.last.say("ready", { position: 7, warehouse_position: 6 }, "e:7");
    await vi.advanceTimersByTimeAsync(1500);
    expect(FakeSource.all).toHaveLength(2);
    FakeSource.last.say("ready", { position: 7, warehouse_position: 6 }, "e:7");
    expect(stage()).toBe("visible");
    await vi.advanceTimersByTimeAsync(3000);
    FakeSource.last.say("ready", { position: 7, warehouse_position: 7 }, "e:7");
    expect(stage()).toBe("stored");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSource.all).toHaveLength(3);
  });

  it("does not take a resumed position for one that everything stands below", () => {
    answer = () => Response.json(info);
    FakeSource.last.say("ready", { position: 5, warehouse_position: 5 }, "e:5");
    FakeSource.last.fail(false);
    FakeSource.last.say("ready", { position: 5, warehouse_position: 9 }, "e:5");
    expect(stage()).toBe("accepted");
    FakeSource.last.say("order", { ...visible, position: 9 }, "e:9");
    expect(stage()).toBe("stored");
  });

  it("forgets positions and reads the lists anew after a reset", () => {
    FakeSource.last.say("ready", { position: 6, warehouse_position: 6 }, "e:6");
    FakeSource.last.say("order", visible, "e:7");
    FakeSource.last.say("reset", { reason: "other_history", position: 3 }, "f:3");
    expect(stale).toBe(1);
    expect(FakeSource.last.url).not.toContain("after");
    FakeSource.last.say("ready", { position: 3, warehouse_position: 2 }, "f:3");
    expect(stage()).toBe("visible");
  });
});
