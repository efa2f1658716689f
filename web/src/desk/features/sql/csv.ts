import { isNumeric, type Cell, type Column } from "../../core/warehouse/cells";

/**
 * RFC 4180: CRLF after every record, the first one names the columns, a field is quoted where it
 * holds a quote, a comma or a line break, a quote in it is doubled. NULL is an empty field, an empty
 * text is "".
 *
 * Spreadsheets run a field that begins with = + - @ tab or CR as a formula, even a quoted one, and
 * names of products come from whoever creates them. So with `spreadsheetSafe` a text that begins so
 * is given a leading apostrophe, as OWASP advises. Numbers are never touched (-5 stays -5), and what
 * a program reads is written with spreadsheetSafe off, which changes nothing.
 */
export interface CsvOptions {
  spreadsheetSafe: boolean;
}

function field(text: string): string {
  return /["\r\n,]/.test(text) || text === "" ? `"${text.replaceAll('"', '""')}"` : text;
}

function cellText(cell: Cell, column: Column, options: CsvOptions): string {
  if (cell === null) return "";
  const text = String(cell);
  const isText = typeof cell === "string" && !isNumeric(column.type);
  return field(options.spreadsheetSafe && isText ? neutralized(text) : text);
}

function neutralized(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** The file in pieces, so that a large result is never one more string of its whole size. */
export function* csvRecords(
  columns: readonly Column[],
  rows: Iterable<readonly Cell[]>,
  options: CsvOptions,
): Generator<string> {
  const name = ({ name }: Column) => field(options.spreadsheetSafe ? neutralized(name) : name);
  yield `${columns.map(name).join(",")}\r\n`;
  for (const row of rows) {
    yield `${columns.map((column, i) => cellText(row[i] ?? null, column, options)).join(",")}\r\n`;
  }
}

const RECORDS_A_PIECE = 2_000;

export function csvFile(
  { columns, rows }: { columns: readonly Column[]; rows: readonly (readonly Cell[])[] },
  options: CsvOptions,
): Blob {
  const pieces: string[] = [];
  let piece: string[] = [];
  for (const record of csvRecords(columns, rows, options)) {
    piece.push(record);
    if (piece.length === RECORDS_A_PIECE) {
      pieces.push(piece.join(""));
      piece = [];
    }
  }
  return new Blob([...pieces, piece.join("")], { type: "text/csv;charset=utf-8;header=present" });
}
