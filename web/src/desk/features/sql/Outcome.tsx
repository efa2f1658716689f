import { lazy, Suspense, useEffect, useState, type ReactElement } from "react";
import { messageOf } from "@shared/api/problem";
import { Button } from "@shared/ui/Button";
import { Choices } from "@shared/ui/Choices";
import { Notice } from "@shared/ui/Notice";
import { formatAge, formatCount } from "../../core/format";
import { isStatementFault, MAX_ROWS, type Answer } from "../../core/warehouse/ask";
import { csvFile } from "./csv";
import { errorPlace, withoutDrawing } from "./errorPlace";
import { EXAMPLES } from "./examples";
import styles from "./SqlPage.module.css";
import { ResultGrid } from "./ResultGrid";
import type { Run } from "./useConsole";

const ResultChartView = lazy(() => import("./ResultChartView"));

type View = "table" | "chart";
const VIEWS: readonly { id: View; label: string }[] = [
  { id: "table", label: "Table" },
  { id: "chart", label: "Chart" },
];

interface Props {
  run: Run;
  onExample: (sql: string) => void;
  onMoreRows: (maxRows: number) => void;
}

/** What became of the last statement. */
export function Outcome({ run, onExample, onMoreRows }: Props): ReactElement {
  switch (run.state) {
    case "idle":
      return <Start onExample={onExample} />;
    case "running":
      return <Running since={run.since} />;
    case "cancelled":
      return (
        <Notice role="status" title="Cancelled.">
          <p>It ran for {formatAge(run.ms / 1000)}; the server has stopped it.</p>
        </Notice>
      );
    case "failed":
      return <Failed sql={run.sql} error={run.error} />;
    case "done":
      return <Result answer={run.answer} maxRows={run.maxRows} onMoreRows={onMoreRows} />;
  }
}

function Start({ onExample }: { onExample: (sql: string) => void }): ReactElement {
  return (
    <section className={styles.start} aria-label="Examples">
      <p className={styles.quiet}>To begin with:</p>
      <ul>
        {EXAMPLES.map(({ title, sql }) => (
          <li key={title}>
            <Button look="quiet" onClick={() => onExample(sql)}>
              {title}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Running({ since }: { since: number }): ReactElement {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 100);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className={styles.running} role="status">
      <span className={styles.pulse} aria-hidden="true" />
      Running
      <span aria-hidden="true" className="numeric">
        {formatAge(Math.max(0, now - since) / 1000)}
      </span>
    </p>
  );
}

function Failed({ sql, error }: { sql: string; error: unknown }): ReactElement {
  const message = messageOf(error);
  const place = isStatementFault(error) ? errorPlace(message, sql) : undefined;
  const where = place ? ` Line ${place.line}, column ${place.column}.` : "";
  const title = isStatementFault(error)
    ? `This statement cannot be answered.${where}`
    : "The warehouse does not answer.";
  return (
    <Notice tone="danger" role="alert" title={title}>
      <p className={styles.message}>{withoutDrawing(message)}</p>
    </Notice>
  );
}

function Result({
  answer,
  maxRows,
  onMoreRows,
}: {
  answer: Answer;
  maxRows: number;
  onMoreRows: (maxRows: number) => void;
}): ReactElement {
  const [view, setView] = useState<View>("table");
  return (
    <section className={styles.result} aria-label="Answer">
      <header className={styles.resultHead}>
        <p className="numeric" role="status">
          <b>
            {formatCount(answer.rows.length)} {answer.rows.length === 1 ? "row" : "rows"}
          </b>{" "}
          in {formatAge(answer.ms / 1000)}
        </p>
        <Choices label="Show as" choices={VIEWS} chosen={view} onChoose={setView} />
        <Download answer={answer} />
      </header>
      {answer.truncated && (
        <Truncated rows={answer.rows.length} maxRows={maxRows} onMoreRows={onMoreRows} />
      )}
      {view === "table" ? (
        <ResultGrid answer={answer} />
      ) : (
        <Suspense fallback={<p className={styles.quiet}>Loading…</p>}>
          <ResultChartView answer={answer} />
        </Suspense>
      )}
    </section>
  );
}

function Truncated({
  rows,
  maxRows,
  onMoreRows,
}: {
  rows: number;
  maxRows: number;
  onMoreRows: (maxRows: number) => void;
}): ReactElement {
  const isFull = rows < maxRows;
  return (
    <Notice
      tone="signal"
      role="status"
      title={`These are the first ${formatCount(rows)} rows; there are more.`}
    >
      {isFull && <p>An answer takes no more than this. Ask for less text, or for other rows.</p>}
      {!isFull && rows < MAX_ROWS && (
        <Button onClick={() => onMoreRows(MAX_ROWS)}>
          Allow {formatCount(MAX_ROWS)} next time
        </Button>
      )}
    </Notice>
  );
}

function Download({ answer }: { answer: Answer }): ReactElement {
  const [spreadsheetSafe, setSafe] = useState(true);
  const save = (): void => {
    const url = URL.createObjectURL(csvFile(answer, { spreadsheetSafe }));
    const link = document.createElement("a");
    link.href = url;
    link.download = `orderly-${new Date().toISOString().slice(0, 19).replaceAll(/[:T]/g, "-")}.csv`;
    link.click();
    // The browser has begun to read it by then.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <div className={styles.download}>
      <label title="A text that a spreadsheet would run as a formula gets an apostrophe in front.">
        <input
          type="checkbox"
          checked={spreadsheetSafe}
          onChange={() => setSafe(!spreadsheetSafe)}
        />{" "}
        Safe for spreadsheets
      </label>
      <Button onClick={save}>Download CSV</Button>
    </div>
  );
}
