import { Tabs } from "@base-ui/react/tabs";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { moment } from "@shared/format";
import { Button } from "@shared/ui/Button";
import { Failure } from "@shared/ui/Notice";
import { Skeleton } from "@shared/ui/Skeleton";
import { formatAge, formatCount } from "../../core/format";
import type { HistoryEntry } from "./history";
import styles from "./Side.module.css";
import { quoted, type Tables } from "./tables";

interface Props {
  tables: UseQueryResult<Tables>;
  history: readonly HistoryEntry[];
  onInsert: (name: string) => void;
  onPut: (sql: string) => void;
  onForget: () => void;
}

/** What there is to ask for, and what was asked. */
export function Side({ tables, history, onInsert, onPut, onForget }: Props): ReactElement {
  return (
    <Tabs.Root
      defaultValue="tables"
      className={styles.side}
      render={<aside aria-label="Tables and history" />}
    >
      <Tabs.List className={styles.tabs} aria-label="Show">
        <Tabs.Tab value="tables">Tables</Tabs.Tab>
        <Tabs.Tab value="history">
          History <span className="muted numeric">{history.length > 0 ? history.length : ""}</span>
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="tables" className={styles.body}>
        <TableList tables={tables} onInsert={onInsert} />
      </Tabs.Panel>
      <Tabs.Panel value="history" className={styles.body}>
        <HistoryList history={history} onPut={onPut} onForget={onForget} />
      </Tabs.Panel>
    </Tabs.Root>
  );
}

function TableList({ tables, onInsert }: Pick<Props, "tables" | "onInsert">): ReactElement {
  if (tables.data) {
    return (
      <>
        {tables.data.map(({ schema, tables: inside }) => (
          <section key={schema}>
            <h2 className={styles.schema}>{schema}</h2>
            {inside.map(({ name, kind, columns }) => (
              <details
                key={name}
                className={styles.table}
                open={inside.length < 3 || name === "order_information"}
              >
                <summary>
                  {name} {kind === "view" && <span className="muted">view</span>}
                </summary>
                <button
                  type="button"
                  className={styles.column}
                  onClick={() => onInsert(`${quoted(schema)}.${quoted(name)}`)}
                >
                  <span>Insert its name</span>
                </button>
                <ul>
                  {columns.map((column) => (
                    <li key={column.name}>
                      <button
                        type="button"
                        className={styles.column}
                        onClick={() => onInsert(quoted(column.name))}
                      >
                        <span className="visually-hidden">Insert </span>
                        <code>{column.name}</code>
                        <span className={styles.type}>{column.type}</span>
                      </button>
                    </li>
                  ))}
                </ul>
              </details>
            ))}
          </section>
        ))}
      </>
    );
  }
  if (tables.error) {
    return (
      <Failure
        title="The tables cannot be read."
        error={tables.error}
        onRetry={() => void tables.refetch()}
      />
    );
  }
  return (
    <p className={styles.waiting}>
      <Skeleton width="medium" />
    </p>
  );
}

const OUTCOME: Record<HistoryEntry["outcome"], (entry: HistoryEntry) => string> = {
  rows: ({ rows, ms }) => `${formatCount(rows ?? 0)} rows in ${formatAge((ms ?? 0) / 1000)}`,
  error: () => "failed",
  cancelled: () => "cancelled",
};

function HistoryList({
  history,
  onPut,
  onForget,
}: Pick<Props, "history" | "onPut" | "onForget">): ReactElement {
  if (history.length === 0) {
    return <p className={styles.none}>What you run is kept here, in this browser alone.</p>;
  }
  return (
    <>
      <ol>
        {history.map((entry) => (
          <li key={entry.sql}>
            <button type="button" className={styles.entry} onClick={() => onPut(entry.sql)}>
              <code>{entry.sql}</code>
              <span>
                {moment(entry.at)} · {OUTCOME[entry.outcome](entry)}
              </span>
            </button>
          </li>
        ))}
      </ol>
      <Button look="quiet" onClick={onForget}>
        Forget all
      </Button>
    </>
  );
}
