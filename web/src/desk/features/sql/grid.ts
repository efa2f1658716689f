import { isNumeric, toText, type Cell, type Column } from "../../core/warehouse/cells";

/** A result wider than this is drawn up to here; the CSV has all of it. */
export const MAX_DRAWN_COLUMNS = 200;
/** A cell shows this much of a text; the line below the table shows more of the chosen one. */
export const MAX_CELL_CHARACTERS = 200;

const SAMPLED_ROWS = 200;
const MIN_WIDTH = 6;
const MAX_WIDTH = 42;

/** The width of each column in characters, from its name, its type and the first rows. */
export function widthsOf(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  return columns.map(({ name, type }, i) => {
    let width = Math.max(name.length + 1, type.length);
    for (const row of rows.slice(0, SAMPLED_ROWS)) width = Math.max(width, toText(row[i]).length);
    return Math.min(Math.max(width, MIN_WIDTH), MAX_WIDTH);
  });
}

export interface At {
  row: number;
  column: number;
}

/** Where a key moves the chosen cell to; undefined for keys that do not move it. */
export function moved(
  at: At,
  key: string,
  all: { rows: number; columns: number; page: number },
  whole: boolean,
): At | undefined {
  const to = target(at, key, all, whole);
  return (
    to && {
      row: Math.max(0, Math.min(to.row, all.rows - 1)),
      column: Math.max(0, Math.min(to.column, all.columns - 1)),
    }
  );
}

function target(
  { row, column }: At,
  key: string,
  { rows, columns, page }: { rows: number; columns: number; page: number },
  whole: boolean,
): At | undefined {
  switch (key) {
    case "ArrowUp":
      return { row: whole ? 0 : row - 1, column };
    case "ArrowDown":
      return { row: whole ? rows - 1 : row + 1, column };
    case "ArrowLeft":
      return { row, column: whole ? 0 : column - 1 };
    case "ArrowRight":
      return { row, column: whole ? columns - 1 : column + 1 };
    case "PageUp":
      return { row: row - page, column };
    case "PageDown":
      return { row: row + page, column };
    case "Home":
      return { row: whole ? 0 : row, column: 0 };
    case "End":
      return { row: whole ? rows - 1 : row, column: columns - 1 };
    default:
      return undefined;
  }
}

/** How far a window that covers `frozen` pixels of its left scrolls to show a column, if at all. */
export function scrollLeftFor(
  column: { left: number; width: number },
  window: { left: number; width: number; frozen: number },
): number {
  const toBeginning = column.left - window.frozen;
  const toEnd = column.left + column.width - window.width;
  return Math.min(toBeginning, Math.max(window.left, toEnd));
}

/** The line below the table shows this much of the chosen one; the CSV has all of it. */
export const MAX_SHOWN_CHARACTERS = 10_000;

/** What a cell shows: one line, bounded. */
export function shortText(cell: Cell): string {
  // A text may have millions of characters, and is looked at whenever its row is drawn.
  const whole = toText(cell);
  const begin = whole.slice(0, 2 * MAX_CELL_CHARACTERS);
  const text = begin.replaceAll(/\s*\n\s*/g, " ⏎ ");
  const isAll = begin.length === whole.length && text.length <= MAX_CELL_CHARACTERS;
  return isAll ? text : `${text.slice(0, MAX_CELL_CHARACTERS)}…`;
}

export function alignsRight({ type }: Column): boolean {
  return isNumeric(type);
}
