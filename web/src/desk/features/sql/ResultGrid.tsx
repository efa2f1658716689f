import { useVirtualizer } from "@tanstack/react-virtual";
import { useId, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from "react";
import { formatCount } from "../../core/format";
import type { Answer } from "../../core/warehouse/ask";
import { toText, type Cell, type Column } from "../../core/warehouse/cells";
import {
  alignsRight,
  MAX_DRAWN_COLUMNS,
  MAX_SHOWN_CHARACTERS,
  moved,
  scrollLeftFor,
  shortText,
  widthsOf,
  type At,
} from "./grid";
import { classes } from "@shared/ui/classes";
import styles from "./ResultGrid.module.css";

const ROW_HEIGHT = 32;

/**
 * A result of any length: only the rows in sight are in the page. The keyboard moves a chosen cell
 * (arrows, Page Up and Down, Home and End, with Ctrl or Cmd to the very ends); the line below shows
 * all of it.
 */
export function ResultGrid({ answer }: { answer: Answer }): ReactElement {
  const { rows } = answer;
  const columns = useMemo(() => answer.columns.slice(0, MAX_DRAWN_COLUMNS), [answer.columns]);
  const widths = useMemo(() => widthsOf(columns, rows), [columns, rows]);
  const scroller = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<At | null>(null);
  const id = useId();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    // The first paint has rows, before anything was measured.
    initialRect: { width: 800, height: 544 },
    // The header covers the first row of the window.
    scrollPaddingStart: ROW_HEIGHT + 18,
  });
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 320) / ROW_HEIGHT) - 2);
  const digits = formatCount(rows.length).length;
  const template = `${digits + 4}ch ${widths.map((width) => `${width + 4}ch`).join(" ")} minmax(0, 1fr)`;
  const height = virtual.getTotalSize();

  const go = (to: At) => {
    setAt(to);
    virtual.scrollToIndex(to.row, { align: "auto" });
    scrollColumnIntoView(scroller.current, to.column);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const all = { rows: rows.length, columns: columns.length, page };
    const to = moved(at ?? { row: -1, column: 0 }, event.key, all, event.ctrlKey || event.metaKey);
    if (!to || rows.length === 0) return;
    event.preventDefault();
    go(to);
  };
  const shown = virtual.getVirtualItems();

  return (
    <div className={styles.grid}>
      <div
        ref={scroller}
        className={styles.gridScroll}
        style={{ height: `min(34rem, 60vh, ${rows.length * ROW_HEIGHT + 70}px)` }}
        role="grid"
        tabIndex={0}
        aria-label="Result"
        aria-rowcount={rows.length + 1}
        aria-colcount={answer.columns.length + 1}
        aria-activedescendant={at ? `${id}-${at.row}-${at.column}` : undefined}
        onKeyDown={onKeyDown}
      >
        <div
          className={classes(styles.gridRow, styles.gridHead)}
          role="row"
          aria-rowindex={1}
          style={{ gridTemplateColumns: template }}
        >
          <div role="columnheader" aria-colindex={1} data-numbers className={styles.gridNumber}>
            <span className="visually-hidden">Row</span>
          </div>
          {columns.map((column, i) => (
            <HeadCell key={i} column={column} index={i} />
          ))}
        </div>
        <div className={styles.gridBody} role="rowgroup" style={{ height }}>
          {shown.map(({ index, start }) => (
            <div
              key={index}
              className={styles.gridRow}
              role="row"
              aria-rowindex={index + 2}
              style={{
                gridTemplateColumns: template,
                transform: `translateY(${start}px)`,
                height: ROW_HEIGHT,
              }}
            >
              <div className={styles.gridNumber} role="rowheader" aria-colindex={1}>
                {formatCount(index + 1)}
              </div>
              {columns.map((column, i) => (
                <GridCell
                  key={i}
                  id={`${id}-${index}-${i}`}
                  index={i}
                  column={column}
                  cell={rows[index]?.[i] ?? null}
                  chosen={at?.row === index && at.column === i}
                  onChoose={() => go({ row: index, column: i })}
                />
              ))}
            </div>
          ))}
        </div>
      </div>
      <Foot
        answer={answer}
        at={at}
        first={shown[0]?.index ?? 0}
        page={page}
        onGo={(row) => go({ row, column: at?.column ?? 0 })}
      />
    </div>
  );
}

/** Where a column has no room as a whole, its beginning is what is seen. */
function scrollColumnIntoView(scroller: HTMLDivElement | null, column: number): void {
  const head = scroller?.querySelector<HTMLElement>(`[data-column="${column}"]`);
  const numbers = scroller?.querySelector<HTMLElement>("[data-numbers]");
  if (!scroller || !head || !numbers) return;
  const left = scrollLeftFor(
    { left: head.offsetLeft, width: head.offsetWidth },
    { left: scroller.scrollLeft, width: scroller.clientWidth, frozen: numbers.offsetWidth },
  );
  if (left !== scroller.scrollLeft) scroller.scrollLeft = left;
}

function HeadCell({ column, index }: { column: Column; index: number }): ReactElement {
  return (
    <div
      role="columnheader"
      aria-colindex={index + 2}
      data-column={index}
      className={classes(styles.gridCell, alignsRight(column) && styles.gridRight)}
      title={column.name}
    >
      <span className={styles.gridName}>{column.name}</span>
      <span className={styles.gridType}>{column.type}</span>
    </div>
  );
}

interface CellProps {
  id: string;
  index: number;
  column: Column;
  cell: Cell;
  chosen: boolean;
  onChoose: () => void;
}

function GridCell({ id, index, column, cell, chosen, onChoose }: CellProps): ReactElement {
  return (
    // The grid itself has the keyboard; the pointer may choose a cell, too.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={id}
      role="gridcell"
      aria-colindex={index + 2}
      aria-selected={chosen}
      className={classes(
        styles.gridCell,
        alignsRight(column) && styles.gridRight,
        cell === null && styles.gridNull,
      )}
      onClick={onChoose}
    >
      {cell === null ? "NULL" : shortText(cell)}
    </div>
  );
}

interface FootProps {
  answer: Answer;
  at: At | null;
  first: number;
  page: number;
  onGo: (row: number) => void;
}

function Foot({ answer, at, first, page, onGo }: FootProps): ReactElement {
  const column = at ? answer.columns[at.column] : undefined;
  const cell = at ? (answer.rows[at.row]?.[at.column] ?? null) : null;
  const count = answer.rows.length;
  const here = at?.row ?? first;
  return (
    <div className={styles.gridFoot}>
      <p className={styles.gridChosen} aria-live="polite">
        {at && column ? (
          <>
            <span className="muted">
              {formatCount(at.row + 1)} · {column.name}
            </span>{" "}
            <Whole cell={cell} />
          </>
        ) : (
          <span className="muted">Choose a cell to see all of it.</span>
        )}
      </p>
      {count > page && (
        <div className={styles.gridPages} role="group" aria-label="Pages">
          <PageButton label="First page" sign="«" disabled={here === 0} onClick={() => onGo(0)} />
          <PageButton
            label="Previous page"
            sign="‹"
            disabled={here === 0}
            onClick={() => onGo(Math.max(0, here - page))}
          />
          <span className="muted numeric">
            {formatCount(Math.min(here + 1, count))} of {formatCount(count)}
          </span>
          <PageButton
            label="Next page"
            sign="›"
            disabled={here >= count - 1}
            onClick={() => onGo(Math.min(count - 1, here + page))}
          />
          <PageButton
            label="Last page"
            sign="»"
            disabled={here >= count - 1}
            onClick={() => onGo(count - 1)}
          />
        </div>
      )}
    </div>
  );
}

/** All of a value, or as much of it as a person reads and a browser lays out in a moment. */
function Whole({ cell }: { cell: Cell }): ReactElement {
  const text = cell === null ? "NULL" : toText(cell);
  const left = text.length - MAX_SHOWN_CHARACTERS;
  return (
    <>
      <code dir="auto">{left > 0 ? text.slice(0, MAX_SHOWN_CHARACTERS) : text}</code>
      {left > 0 && (
        <span className="muted"> … {formatCount(left)} characters more are in the CSV.</span>
      )}
    </>
  );
}

function PageButton({
  label,
  sign,
  ...rest
}: {
  label: string;
  sign: string;
  disabled: boolean;
  onClick: () => void;
}): ReactElement {
  return (
    <button type="button" className={styles.pageButton} aria-label={label} {...rest}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}
