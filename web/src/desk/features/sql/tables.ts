import type { Ask } from "../../core/warehouse/ask";
import { toText } from "../../core/warehouse/cells";

export interface TableColumn {
  name: string;
  type: string;
}
export interface Table {
  name: string;
  kind: "table" | "view";
  columns: TableColumn[];
}
export type Tables = { schema: string; tables: Table[] }[];

/** The owner's schema first; what the warehouse keeps for itself is left out. */
const COLUMNS =
  "SELECT c.table_schema, c.table_name, t.table_type, c.column_name, c.data_type " +
  "FROM information_schema.columns c JOIN information_schema.tables t USING (table_catalog, table_schema, table_name) " +
  "WHERE c.table_schema NOT IN ('orderly', 'information_schema', 'pg_catalog') " +
  "ORDER BY c.table_schema, t.table_type, c.table_name, c.ordinal_position";

export async function readTables(ask: Ask, signal?: AbortSignal): Promise<Tables> {
  const answer = await ask(COLUMNS, { signal });
  const all: Tables = [];
  for (const row of answer.rows) {
    const [schema, name, kind, column, type] = row.map(toText);
    let group = all.find((each) => each.schema === schema);
    if (!group) all.push((group = { schema: schema ?? "", tables: [] }));
    let table = group.tables.find((each) => each.name === name);
    if (!table) {
      table = { name: name ?? "", kind: kind === "VIEW" ? "view" : "table", columns: [] };
      group.tables.push(table);
    }
    table.columns.push({ name: column ?? "", type: type ?? "" });
  }
  return all;
}

/** A name as it must be written in SQL. */
export function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
