import { useCallback, useEffect, useReducer, useRef } from "react";
import { askWarehouse, DEFAULT_ROWS, type Answer, type AskOptions } from "../../core/warehouse/ask";

export type Run =
  | { state: "idle" }
  | { state: "running"; since: number; sql: string }
  | { state: "done"; sql: string; answer: Answer; maxRows: number }
  | { state: "failed"; sql: string; error: unknown; ms: number }
  | { state: "cancelled"; sql: string; ms: number };

type Event = { type: "started"; sql: string; at: number } | { type: "ended"; run: Run };

function next(_: Run, event: Event): Run {
  return event.type === "started"
    ? { state: "running", since: event.at, sql: event.sql }
    : event.run;
}

/**
 * One statement at a time. Cancelling, and leaving the page, closes the request; the server then
 * stops the query. An answer that comes after the next start is not shown.
 */
export function useConsole(onEnd: (run: Run) => void): {
  run: Run;
  start: (sql: string, options: Pick<AskOptions, "maxRows" | "timeoutMs">) => void;
  cancel: () => void;
} {
  const [run, dispatch] = useReducer(next, { state: "idle" });
  const current = useRef<AbortController | null>(null);
  const ended = useRef(onEnd);
  useEffect(() => {
    ended.current = onEnd;
  });
  useEffect(() => () => current.current?.abort(), []);

  const start = useCallback((sql: string, options: Pick<AskOptions, "maxRows" | "timeoutMs">) => {
    current.current?.abort();
    const controller = new AbortController();
    current.current = controller;
    const at = performance.now();
    dispatch({ type: "started", sql, at });
    const end = (made: Run) => {
      if (current.current !== controller) return;
      current.current = null;
      dispatch({ type: "ended", run: made });
      ended.current(made);
    };
    const since = () => performance.now() - at;
    askWarehouse(sql, { ...options, signal: controller.signal }).then(
      (answer) => end({ state: "done", sql, answer, maxRows: options.maxRows ?? DEFAULT_ROWS }),
      (error: unknown) =>
        end(
          controller.signal.aborted
            ? { state: "cancelled", sql, ms: since() }
            : { state: "failed", sql, error, ms: since() },
        ),
    );
  }, []);
  const cancel = useCallback(() => current.current?.abort(), []);
  return { run, start, cancel };
}
