import { persisted, usePersisted } from "@shared/state/persisted";

/** Statements that were run, newest first, kept in the browser alone. Bounded in number and size. */
export interface HistoryEntry {
  sql: string;
  /** Milliseconds since 1970. */
  at: number;
  outcome: "rows" | "error" | "cancelled";
  rows?: number | undefined;
  ms?: number | undefined;
}

export const MAX_ENTRIES = 100;
/** Of all statements together; a browser gives an origin about 5 MB for everything. */
export const MAX_CHARACTERS = 256 * 1024;

function isEntry(value: unknown): value is HistoryEntry {
  if (typeof value !== "object" || value === null) return false;
  const { sql, at, outcome, rows, ms } = value as Record<string, unknown>;
  const optional = (field: unknown): boolean => field === undefined || typeof field === "number";
  return (
    typeof sql === "string" &&
    typeof at === "number" &&
    ["rows", "error", "cancelled"].includes(String(outcome)) &&
    optional(rows) &&
    optional(ms)
  );
}

/** The history with an entry in front; the same statement stands in it once. */
export function withEntry(history: readonly HistoryEntry[], entry: HistoryEntry): HistoryEntry[] {
  if (entry.sql.length > MAX_CHARACTERS) return [...history];
  return bounded([entry, ...history.filter(({ sql }) => sql !== entry.sql)]);
}

function bounded(history: readonly HistoryEntry[]): HistoryEntry[] {
  let characters = 0;
  return history.slice(0, MAX_ENTRIES).filter(({ sql }) => {
    characters += sql.length;
    return characters <= MAX_CHARACTERS;
  });
}

const store = persisted<readonly HistoryEntry[]>({
  key: "orderly.desk.sql-history.v1",
  initial: [],
  parse: (value) => (Array.isArray(value) ? bounded(value.filter(isEntry)) : undefined),
});

export function useHistory(): readonly HistoryEntry[] {
  return usePersisted(store);
}

export function remember(entry: HistoryEntry): void {
  store.update((before) => withEntry(before, entry));
}

export function forgetHistory(): void {
  store.update(() => []);
}

/** The statement of the last visit, to go on with. */
export const draft = persisted({
  key: "orderly.desk.sql-draft.v1",
  initial: "",
  parse: (value) => (typeof value === "string" ? value.slice(0, MAX_CHARACTERS) : undefined),
});
