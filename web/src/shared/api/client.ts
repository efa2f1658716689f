import createClient from "openapi-fetch";
import type { components, paths } from "./schema";
import { Refused, Unreachable, type Problem } from "./problem";

export type Schemas = components["schemas"];
export type Product = Schemas["Product"];
export type Order = Schemas["Order"];
export type OrderInfo = Schemas["OrderInfo"];

/** Longer than any wait that we ask the server for. */
const DEADLINE_MS = 40_000;

/** The typed client. Its calls go through answered(), which turns refusals into exceptions. */
export const api = createClient<paths>({
  baseUrl: window.location.origin,
  // Looked up at each call, so that a test may put another fetch in its place.
  fetch: (request) => fetchWithin(request, DEADLINE_MS),
});

async function fetchWithin(request: Request, milliseconds: number): Promise<Response> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), milliseconds);
  const give_up = (): void => limit.abort();
  request.signal.addEventListener("abort", give_up);
  try {
    return await globalThis.fetch(request, { signal: limit.signal });
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    throw new Unreachable({ cause });
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener("abort", give_up);
  }
}

interface Call<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

export interface Answer<T> {
  data: T;
  headers: Headers;
}

/** The answer of a call; throws Refused with the server's own words, or Unreachable. */
export async function answered<T>(call: Promise<Call<T>>): Promise<Answer<T>> {
  const { data, error, response } = await call;
  if (!response.ok || data === undefined) {
    throw new Refused(response.status, error as Partial<Problem> | undefined, response.headers);
  }
  return { data, headers: response.headers };
}
