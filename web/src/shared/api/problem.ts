import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];

/** The server said no. The message is its own where it sent one. */
export class Refused extends Error {
  readonly status: number;
  /** Stable, for programs; empty where the answer had none. */
  readonly code: string;
  /** The field that is at fault. */
  readonly field: string | undefined;
  /** Milliseconds after which it may be tried again, as Retry-After says. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, problem: Partial<Problem> | undefined, headers: Headers) {
    super(wordsOf(problem) ?? `The server answered ${status}.`);
    this.name = "Refused";
    this.status = status;
    this.code = typeof problem?.code === "string" ? problem.code : "";
    this.field = problem?.field;
    this.retryAfterMs = retryAfter(headers);
  }
}

/** Nobody answered: offline, no server, or too slow. Whether the call had an effect is not known. */
export class Unreachable extends Error {
  constructor(options?: ErrorOptions) {
    super("The server cannot be reached.", options);
    this.name = "Unreachable";
  }
}

function wordsOf(problem: unknown): string | undefined {
  if (typeof problem !== "object" || problem === null || !("message" in problem)) return undefined;
  return typeof problem.message === "string" && problem.message !== ""
    ? problem.message
    : undefined;
}

/** Retry-After in milliseconds: seconds or a date (RFC 9110, 10.2.3). */
export function retryAfter(headers: Headers, now = Date.now()): number | undefined {
  const value = headers.get("Retry-After")?.trim();
  if (value === undefined || value === "") return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Whether the same call may succeed a little later: busy, not now, still in flight, unreachable. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  if (!(error instanceof Refused)) return false;
  if (error.status === 409) return error.retryAfterMs !== undefined;
  return [408, 429, 502, 503, 504].includes(error.status);
}

/** The place in a list is not known to the server any more: only its beginning can be asked for. */
export function hasLostPlace(error: unknown): boolean {
  return error instanceof Refused && error.field === "page_token";
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** How long to wait before attempt number `failures` + 1: Retry-After, else doubling. */
export function pauseBefore(failures: number, error: unknown): number {
  const asked = error instanceof Refused ? error.retryAfterMs : undefined;
  const pause = asked ?? FIRST_PAUSE_MS * 2 ** failures;
  return Math.min(Math.max(pause, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
}

/** What to show of any error. */
export function messageOf(error: unknown): string {
  if (hasLostPlace(error)) return "The list has changed since; it is read from its beginning then.";
  return error instanceof Error ? error.message : "Something went wrong.";
}
