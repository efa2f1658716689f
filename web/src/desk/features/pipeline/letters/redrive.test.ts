import { afterEach, describe, expect, it, vi } from "vitest";
import { doneOf, redrive, type Progress } from "./redrive";

const CHOICE = { subscription: "push-order-to-orderinfo", rehearsed: false };

/** What the server would answer, call by call, and what it was asked. */
function serve(...answers: (object | number)[]): unknown[] {
  const asked: unknown[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (request) => {
    asked.push(await (request as Request).clone().json());
    const answer = answers.shift() ?? { redriven: 0, failed: 0, pending: 0, outcomes: [] };
    if (typeof answer === "number") return new Response("{}", { status: answer });
    return Response.json(answer);
  });
  return asked;
}

async function all(choice: Parameters<typeof redrive>[0], signal = new AbortController().signal) {
  const seen: Progress[] = [];
  for await (const progress of redrive(choice, signal)) seen.push(progress);
  return seen;
}

describe("redriving a set", () => {
  afterEach(() => vi.useRealTimers());

  it("goes on behind what it has looked at until nothing is left", async () => {
    const one = { redriven: 2, failed: 1, pending: 0, outcomes: [], next_after: 7 };
    const two = { redriven: 0, failed: 0, pending: 1, outcomes: [] };
    const asked = serve(one, two);
    const seen = await all(CHOICE);
    expect(seen.map(doneOf)).toEqual([3, 4]);
    expect(asked).toEqual([
      { subscription: CHOICE.subscription, all: true, dry_run: false },
      { subscription: CHOICE.subscription, all: true, dry_run: false, after: 7 },
    ]);
  });

  it("names one letter, or what the set has in common", async () => {
    const asked = serve();
    await all({ ...CHOICE, number: 3, rehearsed: true });
    await all({ ...CHOICE, filter: { code: "order_conflict" } });
    expect(asked).toEqual([
      { subscription: CHOICE.subscription, numbers: [3], dry_run: true },
      { subscription: CHOICE.subscription, code: "order_conflict", dry_run: false },
    ]);
  });

  it("asks a busy server again, and tells a refusal", async () => {
    vi.useFakeTimers();
    const asked = serve(503, { redriven: 1, failed: 0, pending: 0, outcomes: [] });
    const [seen] = await Promise.all([all(CHOICE), vi.runAllTimersAsync()]);
    expect(seen.map(doneOf)).toEqual([1]);
    expect(asked).toHaveLength(2);
    serve(404);
    await expect(all(CHOICE)).rejects.toThrow("404");
  });
});
