import { describe, expect, it } from "vitest";
import type { Verification, VerificationReport } from "./contract";
import type { Item, Verdict } from "./state";
import { findingOf, kindInWords, progressOf, todoOf, withVerification } from "./verification";

const report = (change: Partial<VerificationReport> = {}): VerificationReport => ({
  state: "clean",
  started_at: "2026-01-01T00:00:00Z",
  took_ms: 4,
  orders_up_to: 9,
  changes_up_to: 9,
  orders: 9,
  foreign: 0,
  rows: 9,
  warehouse_rows: 9,
  parked: 0,
  dead_letters: 0,
  repaired: 0,
  differences: 0,
  named: [],
  ...change,
});
const status = (change: Partial<Verification> = {}): Verification => ({
  requested: 0,
  finished: 0,
  running: false,
  ...change,
});
const differs = report({ state: "differs", differences: 2 });

describe("a finding", () => {
  it.each<[string, string, VerificationReport | undefined]>([
    ["unknown", "Not verified yet", undefined],
    ["ok", "Everything agrees", report()],
    ["alarm", "The stores differ", differs],
    ["alarm", "The stores differ", { ...differs, state: "incomplete", reason: "it lags" }],
    ["late", "Repaired, verify again", { ...differs, repaired: 2 }],
    ["unknown", "Not all compared", report({ state: "incomplete", reason: "it lags" })],
    ["late", "Not all compared", report({ state: "incomplete", reason: "the feed has a gap" })],
    ["late", "Not all compared", report({ state: "incomplete" })],
  ])("is %s, %s", (level, word, of) => {
    expect(findingOf(of)).toMatchObject({ level, word });
  });
  it("says how many and what to do, and why a part is not known", () => {
    expect(findingOf(differs).says).toContain("2 differences between");
    expect(findingOf({ ...differs, differences: 1 }).says).toContain("1 difference between");
    expect(todoOf(findingOf(differs))).toContain("orderly verify --repair");
    expect(todoOf(findingOf(report()))).toBeUndefined();
    expect(findingOf(report({ state: "incomplete", reason: "it lags" })).says).toContain("it lags");
  });
});

describe("the verdict with a verification", () => {
  const well: Verdict = { level: "ok", word: "Up to date", says: "All is there.", items: [] };
  const late: Item = { level: "late", what: "Parked orders", says: "1 waits.", todo: "Add it." };
  it("is that of the hops where the stores agree, or where nothing is known", () => {
    const quiet = [report(), report({ state: "incomplete", reason: "it lags" }), undefined];
    for (const last of quiet) {
      expect(withVerification(well, status(last ? { last } : {}))).toEqual(well);
    }
    expect(withVerification(well, null)).toEqual(well);
    expect(withVerification(well, undefined)).toEqual(well);
  });
  it("is bad where the stores differ, with what to do, before what is less bad", () => {
    const verdict: Verdict = { ...well, level: "late", items: [late] };
    const both = withVerification(verdict, status({ last: differs }));
    expect(both).toMatchObject({ level: "alarm", word: "The stores differ" });
    expect(both.items.map(({ what }) => what)).toEqual(["Verification", "Parked orders"]);
    expect(both.items[0]?.todo).toContain("orderly verify --repair");
  });
  it("keeps the words of what is as bad", () => {
    const verdict: Verdict = { ...well, level: "alarm", word: "Stands still" };
    const both = withVerification(verdict, status({ last: differs }));
    expect(both).toMatchObject({ level: "alarm", word: "Stands still", says: "All is there." });
    expect(both.items).toHaveLength(1);
  });
});

describe("the progress", () => {
  it.each<[string | undefined, Partial<Verification>]>([
    [undefined, {}],
    [undefined, { requested: 3, finished: 3 }],
    ["About to begin", { requested: 3, finished: 2 }],
    ["Reading the warehouse: 5 of 1,000", { running: true, phase: "warehouse", done: 5, of: 1000 }],
    ["Comparing the orders: 5", { running: true, phase: "orders", done: 5, of: 0 }],
    ["Waiting for every store to catch up", { running: true }],
  ])("is %s of %o", (words, change) => {
    expect(progressOf(status(change))).toBe(words);
  });
});

it("names every kind of difference in words, and one that it does not know as it is", () => {
  expect(kindInWords("doubled_in_warehouse")).toBe("More than once in the warehouse");
  expect(kindInWords("something_new")).toBe("something_new");
});
