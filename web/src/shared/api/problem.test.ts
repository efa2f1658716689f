import { describe, expect, it } from "vitest";
import { isPassing, pauseBefore, Refused, retryAfter, Unreachable } from "./problem";

const refused = (status: number, headers: Record<string, string> = {}): Refused =>
  new Refused(status, { message: "No." }, new Headers(headers));

describe("a refusal", () => {
  it("has the server's message, code and field", () => {
    const problem = {
      message: "number must be at least 1.",
      code: "out_of_range",
      field: "number",
    };
    const error = new Refused(400, problem, new Headers());
    expect(error).toMatchObject(problem);
  });

  it("names the status where the answer has no message", () => {
    expect(new Refused(502, undefined, new Headers()).message).toBe("The server answered 502.");
  });
});

describe("Retry-After", () => {
  it("is seconds or a date", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    expect(retryAfter(new Headers({ "Retry-After": "3" }), now)).toBe(3000);
    const date = "Thu, 01 Jan 2026 00:00:07 GMT";
    expect(retryAfter(new Headers({ "Retry-After": date }), now)).toBe(7000);
    expect(retryAfter(new Headers({ "Retry-After": "soon" }), now)).toBeUndefined();
  });

  it("decides the pause before the next attempt, within bounds", () => {
    expect(pauseBefore(0, refused(503, { "Retry-After": "4" }))).toBe(4000);
    expect(pauseBefore(0, refused(503, { "Retry-After": "0" }))).toBe(500);
    expect(pauseBefore(3, new Unreachable())).toBe(4000);
    expect(pauseBefore(20, new Unreachable())).toBe(30_000);
  });
});

describe("what passes", () => {
  it("is being busy, unreachable, or a key still in flight", () => {
    expect([429, 503].every((status) => isPassing(refused(status)))).toBe(true);
    expect(isPassing(new Unreachable())).toBe(true);
    expect(isPassing(refused(409, { "Retry-After": "1" }))).toBe(true);
  });

  it("is no invalid request and no conflict", () => {
    expect([400, 404, 409, 422].some((status) => isPassing(refused(status)))).toBe(false);
  });
});
