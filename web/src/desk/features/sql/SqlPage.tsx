import { useQuery } from "@tanstack/react-query";
import { useCallback, useRef, useState, type ReactElement } from "react";
import { announce } from "@shared/ui/announce";
import { PageHead } from "../../core/PageHead";
import { formatCount } from "../../core/format";
import { askWarehouse, DEFAULT_ROWS, DEFAULT_TIMEOUT_MS } from "../../core/warehouse/ask";
import { Freshness } from "../../core/warehouse/Freshness";
import type { SqlEditor } from "./editor";
import { EditorBox } from "./EditorBox";
import { errorPlace } from "./errorPlace";
import { draft, forgetHistory, remember, useHistory } from "./history";
import { Outcome } from "./Outcome";
import { Side } from "./Side";
import styles from "./SqlPage.module.css";
import { EXAMPLES } from "./examples";
import { readTables, type Tables } from "./tables";
import { Toolbar, type Limits } from "./Toolbar";
import { useConsole, type Run } from "./useConsole";

const NO_TABLES: Tables = [];

export default function SqlPage(): ReactElement {
  const editor = useRef<SqlEditor | null>(null);
  const [initial] = useState(() => draft.get() || (EXAMPLES[0]?.sql ?? ""));
  const [limits, setLimits] = useState<Limits>({
    maxRows: DEFAULT_ROWS,
    timeoutMs: DEFAULT_TIMEOUT_MS,
  });
  const history = useHistory();
  const tables = useQuery({
    queryKey: ["tables"],
    queryFn: ({ signal }) => readTables(askWarehouse, signal),
    staleTime: 60_000,
  });

  const { run, start, cancel } = useConsole(
    useCallback((ended: Run) => {
      keep(ended);
      showPlace(editor.current, ended);
    }, []),
  );
  const begin = (): void => {
    const sql = editor.current?.text() ?? "";
    if (sql.trim() === "") {
      editor.current?.focus();
      return;
    }
    editor.current?.mark(null);
    start(sql, limits);
  };
  const put = (sql: string): void => {
    editor.current?.replace(sql);
    editor.current?.focus();
  };

  return (
    <>
      <PageHead title="SQL">
        <Freshness
          of={run.state === "done" ? run.answer : undefined}
          idle="Every answer says here how fresh it is"
        />
      </PageHead>
      <div className={styles.console}>
        <Side
          tables={tables}
          history={history}
          onInsert={(name) => {
            editor.current?.insert(name);
            editor.current?.focus();
          }}
          onPut={put}
          onForget={forgetHistory}
        />
        <div className={styles.work} data-asked={run.state !== "idle" || undefined}>
          <section className={styles.statement} aria-label="Statement">
            <EditorBox
              ref={editor}
              initialText={initial}
              tables={tables.data ?? NO_TABLES}
              onRun={begin}
              onChange={(text) => draft.update(() => text)}
            />
            <Toolbar
              running={run.state === "running"}
              limits={limits}
              onLimits={setLimits}
              onRun={begin}
              onCancel={cancel}
            />
          </section>
          <Outcome
            run={run}
            onExample={put}
            onMoreRows={(maxRows) => setLimits({ ...limits, maxRows })}
          />
        </div>
      </div>
    </>
  );
}

function keep(run: Run): void {
  const at = Date.now();
  if (run.state === "done") {
    const { rows, ms } = run.answer;
    remember({ sql: run.sql, at, outcome: "rows", rows: rows.length, ms: Math.round(ms) });
    announce(`${formatCount(rows.length)} rows.`);
  } else if (run.state === "failed") {
    remember({ sql: run.sql, at, outcome: "error" });
  } else if (run.state === "cancelled") {
    remember({ sql: run.sql, at, outcome: "cancelled", ms: Math.round(run.ms) });
    announce("Cancelled.");
  }
}

/** Shows in the editor where the statement is at fault, unless it was changed meanwhile. */
function showPlace(editor: SqlEditor | null, run: Run): void {
  if (run.state !== "failed" || !(run.error instanceof Error) || editor?.text() !== run.sql) return;
  const place = errorPlace(run.error.message, run.sql);
  if (place) editor.mark(place);
}
