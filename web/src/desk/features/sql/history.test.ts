import { describe, expect, it } from "vitest";
import { MAX_CHARACTERS, MAX_ENTRIES, withEntry, type HistoryEntry } from "./history";

const entry = (sql: string, at = 1): HistoryEntry => ({ sql, at, outcome: "rows" });

describe("the history", () => {
  it("has the newest first and each statement once", () => {
    const history = withEntry(withEntry(withEntry([], entry("a")), entry("b")), entry("a", 2));
    expect(history.map(({ sql, at }) => [sql, at])).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
  });
  it("is bounded in number", () => {
    let history: HistoryEntry[] = [];
    for (let i = 0; i < MAX_ENTRIES + 5; ++i) history = withEntry(history, entry(`select ${i}`));
    expect(history).toHaveLength(MAX_ENTRIES);
    expect(history[0]?.sql).toBe(`select ${MAX_ENTRIES + 4}`);
  });
  it("is bounded in size, and keeps what it has rather than one statement beyond it", () => {
    const half = "x".repeat(MAX_CHARACTERS / 2);
    const history = withEntry(
      withEntry(withEntry([], entry(`1${half}`)), entry("2")),
      entry(`3${half}`),
    );
    expect(history.map(({ sql }) => sql[0])).toEqual(["3", "2"]);
    expect(withEntry(history, entry("x".repeat(MAX_CHARACTERS + 1)))).toEqual(history);
  });
});
