/** A value as the warehouse answers it: integers beyond 2^53 and decimals are texts, so exact. */
export type Cell = string | number | boolean | null;

export interface Column {
  name: string;
  /** As DuckDB names it, e.g. BIGINT or DECIMAL(18,3). */
  type: string;
}

export type ColumnKind = "integer" | "number" | "decimal" | "day" | "time" | "boolean" | "text";

const INTEGER = new Set([
  "TINYINT",
  "SMALLINT",
  "INTEGER",
  "BIGINT",
  "HUGEINT",
  "UTINYINT",
  "USMALLINT",
  "UINTEGER",
  "UBIGINT",
  "UHUGEINT",
]);

export function kindOf(type: string): ColumnKind {
  if (INTEGER.has(type)) return "integer";
  if (type === "FLOAT" || type === "DOUBLE") return "number";
  if (/^DECIMAL(\(.*\))?$/.test(type)) return "decimal";
  if (type === "DATE") return "day";
  if (type.startsWith("TIMESTAMP")) return "time";
  if (type === "BOOLEAN") return "boolean";
  return "text";
}

export function isNumeric(type: string): boolean {
  return ["integer", "number", "decimal"].includes(kindOf(type));
}

/** An integer of any size, exact. A cell that is none (NULL, of an empty sum) is 0. */
export function toInteger(cell: Cell | undefined): bigint {
  if (typeof cell === "number" && Number.isSafeInteger(cell)) return BigInt(cell);
  if (typeof cell === "string" && /^-?\d+$/.test(cell)) return BigInt(cell);
  return 0n;
}

/** A number to draw or to sort by; undefined where there is none. Not exact beyond 2^53. */
export function toNumber(cell: Cell | undefined): number | undefined {
  if (typeof cell === "number") return cell;
  if (typeof cell === "boolean") return cell ? 1 : 0;
  if (typeof cell !== "string" || cell.trim() === "") return undefined;
  const value = Number(cell);
  return Number.isNaN(value) ? undefined : value;
}

/** A text, as it stands in an answer; '' where there is none. */
export function toText(cell: Cell | undefined): string {
  return cell === null || cell === undefined ? "" : String(cell);
}
