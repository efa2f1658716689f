import { answered, api } from "@shared/api/client";
import { Refused, Unreachable } from "@shared/api/problem";
import type { Cell, Column } from "./cells";

/** What the warehouse answered, with how fresh it is. */
export interface Answer {
  columns: Column[];
  rows: Cell[][];
  /** There is more than maxRows, or than fits into an answer. */
  truncated: boolean;
  /** The last change of the read model that the answer has seen. */
  position: number;
  /** How old it may be; null where that is not known. */
  lagMs: number | null;
  /** When it came, by this computer's clock, and how long it took. */
  at: number;
  ms: number;
}

/** A value bound to $1, $2, … of a statement; JSON has no dates, so a date says that it is one. */
export type Parameter = string | number | { type: "DATE"; value: string };

export interface AskOptions {
  signal?: AbortSignal | undefined;
  /** Every value of a statement that the desk writes itself: none is ever part of its text. */
  parameters?: readonly Parameter[];
  maxRows?: number;
  timeoutMs?: number;
}

export type Ask = (sql: string, options?: AskOptions) => Promise<Answer>;

/** The server's own bounds, and what it does where nothing is said. */
export const MAX_ROWS = 100_000;
export const DEFAULT_ROWS = 10_000;
export const MAX_TIMEOUT_MS = 300_000;
export const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Asks the warehouse one statement. The server stops a query at its own time limit, so this waits
 * for as long as it takes; aborting the signal closes the request, which stops the query there.
 */
export const askWarehouse: Ask = async (sql, { signal, parameters, maxRows, timeoutMs } = {}) => {
  const started = performance.now();
  const call = api.POST("/api/v1/warehouse/query", {
    body: {
      query: sql,
      ...(parameters ? { parameters: [...parameters] } : {}),
      max_rows: maxRows ?? DEFAULT_ROWS,
      timeout_ms: timeoutMs ?? DEFAULT_TIMEOUT_MS,
    },
    fetch: (request) => globalThis.fetch(request),
    ...(signal ? { signal } : {}),
  });
  const { data } = await answered(
    call.catch((cause: unknown) => {
      if (signal?.aborted) throw cause;
      throw new Unreachable({ cause });
    }),
  );
  return {
    columns: data.columns,
    rows: data.rows as Cell[][],
    truncated: data.truncated,
    position: data.position,
    lagMs: data.lag_ms,
    at: Date.now(),
    ms: performance.now() - started,
  };
};

/** Whether the statement itself is at fault, and not the way to the server. */
export function isStatementFault(error: unknown): error is Refused {
  return error instanceof Refused && error.status === 400;
}
