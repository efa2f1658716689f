import { describe, expect, it } from "vitest";
import { sinceAccepted, stuckInWords, type Entry } from "./trace";

const at = (time: string | null, event: Entry["event"] = "projected"): Entry => ({
  station: event === "accepted" ? "command" : "projection",
  event,
  state: "done",
  at: time,
});
const ACCEPTED = at("2021-01-18T20:00:00.000Z", "accepted");

describe("the time since an order was accepted", () => {
  it.each([
    ["2021-01-18T20:00:00.004Z", "+4 ms"],
    ["2021-01-18T20:00:01.300Z", "+1.3 s"],
    ["2021-01-18T20:02:00Z", "+2 min"],
    ["2021-01-18T23:00:00Z", "+3 h"],
    // Another machine's clock may be a little behind.
    ["2021-01-18T19:59:59.999Z", "+0 ms"],
  ])("of %s is %s", (time, words) => {
    expect(sinceAccepted([ACCEPTED, at(time)], at(time))).toBe(words);
  });

  it("is not told where a time is not known", () => {
    expect(sinceAccepted([ACCEPTED], at(null))).toBeUndefined();
    expect(sinceAccepted([], at("2021-01-18T20:00:00Z"))).toBeUndefined();
    expect(sinceAccepted([ACCEPTED], ACCEPTED)).toBeUndefined();
  });
});

it("only what does not end by itself is told as held up", () => {
  const trace = (state: "parked" | "dead_lettered" | "visible") => ({
    order_id: "o",
    state,
    timeline: [],
  });
  expect(stuckInWords(trace("parked"))?.title).toBe("It waits for its product");
  expect(stuckInWords(trace("dead_lettered"))?.title).toBe("It is held up");
  expect(stuckInWords(trace("visible"))).toBeUndefined();
});
