import { describe, expect, it } from "vitest";
import type { Arrow, Pipeline } from "./contract";
import { healthOf } from "./health";
import { MAX_SAMPLES, motionOf, withSample, type Sample } from "./samples";
import { stateOf } from "./state";

const arrow = (change: Partial<Arrow> = {}): Arrow => ({
  id: "relay:t",
  kind: "relay",
  from: "order-service-cqrs",
  to: "t",
  head: 10,
  position: 10,
  backlog: 0,
  oldest_at: null,
  lag_seconds: 0,
  moved: 10,
  alarm: null,
  delivery: null,
  ...change,
});

const picture = (seconds: number, arrows: Arrow[], change: Partial<Pipeline> = {}): Pipeline => ({
  version: "1",
  time: new Date(1_700_000_000_000 + seconds * 1000).toISOString(),
  uptime_seconds: 100 + seconds,
  services: [],
  ready: true,
  reasons: [],
  alarms: [],
  arrows,
  read_model: null,
  streams: 0,
  ...change,
});

const series = (pictures: Pipeline[]): Sample[] =>
  pictures.reduce<Sample[]>((all, each) => withSample(all, each), []);
const states = (pictures: Pipeline[]) => healthOf(series(pictures));

describe("rates", () => {
  it("are made of two pictures by the server's clock", () => {
    const samples = series([
      picture(0, [arrow({ moved: 10 })]),
      picture(2, [arrow({ moved: 30 })]),
    ]);
    expect(motionOf(samples, "relay:t").rate).toBe(10);
  });
  it("are not known from one picture, and begin anew when the server does", () => {
    expect(motionOf(series([picture(0, [arrow()])]), "relay:t").rate).toBeUndefined();
    const samples = series([
      picture(0, [arrow({ moved: 500 })]),
      picture(1, [arrow({ moved: 3 })], { uptime_seconds: 1 }),
    ]);
    expect(samples).toHaveLength(1);
    expect(motionOf(samples, "relay:t").rate).toBeUndefined();
  });
  it("keep a bounded number of pictures, and no picture twice", () => {
    const many = Array.from({ length: MAX_SAMPLES + 9 }, (_, i) => picture(i, [arrow()]));
    expect(series(many)).toHaveLength(MAX_SAMPLES);
    expect(series([picture(1, [arrow()]), picture(1, [arrow()])])).toHaveLength(1);
  });
  it("know nothing of an arrow that was not there before", () => {
    const samples = series([picture(0, []), picture(1, [arrow()])]);
    expect(motionOf(samples, "relay:t").rate).toBeUndefined();
    expect(motionOf(samples, "relay:t").still).toBe(false);
  });
});

describe("the state of a hop", () => {
  const still = motionOf([], "relay:t");
  it.each<[string, Partial<Arrow>]>([
    ["ok", {}],
    ["ok", { head: null, position: null }],
    ["busy", { backlog: 3, lag_seconds: 0.2 }],
    ["unknown", { head: null, backlog: null, lag_seconds: null }],
    ["late", { backlog: 3, lag_seconds: 60 }],
    ["alarm", { alarm: "another history", backlog: null, lag_seconds: null }],
  ])("is %s for %o", (level, change) => {
    expect(stateOf(arrow(change), still).level).toBe(level);
  });
  it("is late where something waits and nothing moves", () => {
    const waiting = arrow({ backlog: 5, lag_seconds: 6 });
    const health = states([0, 3, 6].map((at) => picture(at, [waiting])));
    expect(health?.states.get("relay:t")).toMatchObject({ level: "late" });
    expect(health?.states.get("relay:t")?.says).toContain("nothing moves");
  });
  it("is late where the receiver refuses", () => {
    const delivery = {
      in_flight: 0,
      window: 1,
      waiting_for_retry: 2,
      dead_letters: 0,
      keys_waiting: 0,
      messages_waiting: 0,
      delivered: 0,
      redelivered: 0,
      acknowledged: 0,
    };
    const health = states([
      picture(0, [arrow({ delivery: { ...delivery, rejected: 1 } })]),
      picture(1, [arrow({ delivery: { ...delivery, rejected: 4 } })]),
    ]);
    expect(health?.states.get("relay:t")?.says).toContain("refuses");
  });
});

describe("the verdict", () => {
  const since_start = {
    projected: 0,
    replaced: 0,
    released: 0,
    duplicates: 0,
    parked: 0,
    dead_lettered: 0,
  };
  const model = {
    settled: 1,
    copied_products: 1,
    changes: 1,
    parked: 0,
    dead_letters: 0,
    taken_out: 0,
    since_start,
  };
  it("is well where everything has arrived", () => {
    expect(states([picture(0, [arrow()], { read_model: model })])?.verdict).toMatchObject({
      level: "ok",
      items: [],
    });
  });
  it("names the worst first, with what to do, and tells nothing twice", () => {
    const reason = { what: "order_feed_conflict", reason: "the source has another history" };
    const verdict = states([
      picture(0, [arrow({ backlog: 2, lag_seconds: 99 })], {
        ready: false,
        reasons: [reason],
        alarms: [reason],
        read_model: { ...model, parked: 1, dead_letters: 2 },
      }),
    ])?.verdict;
    expect(verdict?.level).toBe("alarm");
    expect(verdict?.items.map(({ what }) => what)).toEqual([
      "order_feed_conflict",
      "order-service-cqrs → t",
      "Dead letters",
      "Parked orders",
    ]);
    expect(verdict?.items[0]?.todo).toContain("Put the right file back");
    expect(verdict?.says).toContain("order_feed_conflict");
  });
  it("does not worry about a hop of which nothing is known, where another one knows the source", () => {
    const unknown = arrow({ head: null, backlog: null, lag_seconds: null, moved: 0 });
    const projection = arrow({ id: "projection", kind: "projection", to: "orderinfo" });
    expect(states([picture(0, [unknown, projection])])?.verdict.level).toBe("ok");
    expect(states([picture(0, [unknown])])?.verdict.level).toBe("unknown");
  });
});
