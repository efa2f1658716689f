import type { ReactElement } from "react";
import { messageOf } from "@shared/api/problem";
import { Button } from "@shared/ui/Button";
import { formatCount, formatDay } from "../../../core/format";
import styles from "./Letters.module.css";
import { outcomeInWords, type Outcome } from "./letters";
import { doneOf } from "./redrive";
import { sumOf, type Redriving, type Run } from "./useRedrive";

/** A redrive or a rehearsal while it runs, and what became of every letter. */
export function RunReport({ redriving }: { redriving: Redriving }): ReactElement | null {
  const { run, stop, forget } = redriving;
  if (!run) return null;
  return (
    <div className={styles.run} role="group" aria-label={titleOf(run)}>
      <p className={styles.runHead}>
        <b>{titleOf(run)}</b> {run.state !== "running" && <span>{sumOf(run)}</span>}
      </p>
      {run.state === "running" && <Running run={run} onStop={stop} />}
      {run.state === "failed" && (
        <p className={styles.problem} role="alert">
          It did not go on: {messageOf(run.error)} What was redriven stays so.
        </p>
      )}
      {run.progress && <Outcomes outcomes={run.progress.outcomes} run={run} />}
      {run.state !== "running" && (
        <Button look="quiet" onClick={forget}>
          Close
        </Button>
      )}
    </div>
  );
}

function titleOf({ choice, state }: Run): string {
  const what = choice.number === undefined ? "" : ` of no. ${formatCount(choice.number)}`;
  const kind = choice.rehearsed ? `Rehearsal${what}` : `Redrive${what}`;
  return {
    running: `${kind}…`,
    done: `${kind}.`,
    stopped: `${kind}, stopped.`,
    failed: `${kind}.`,
  }[state];
}

function Running({ run, onStop }: { run: Run; onStop: () => void }): ReactElement {
  const done = run.progress ? doneOf(run.progress) : 0;
  return (
    <p className={styles.progress}>
      <progress
        aria-label="Redrive"
        {...(run.of ? { value: Math.min(done, run.of), max: run.of } : {})}
      />
      <span className="numeric">
        {formatCount(done)}
        {run.of ? ` of ${formatCount(run.of)}` : ""}
      </span>
      <Button look="quiet" onClick={onStop}>
        Stop
      </Button>
    </p>
  );
}

function Outcomes({ outcomes, run }: { outcomes: Outcome[]; run: Run }): ReactElement | null {
  const all = run.progress ? doneOf(run.progress) : 0;
  if (outcomes.length === 0) {
    return run.state === "running" ? null : <p>No letter was meant.</p>;
  }
  return (
    <>
      <ul className={styles.outcomes} aria-label="Outcomes">
        {outcomes.map((outcome) => (
          <li key={outcome.number} data-failed={outcome.outcome === "failed" || undefined}>
            <span className={styles.number}>{formatCount(outcome.number)}</span>
            <div>
              <p>{outcomeInWords(outcome, run.choice.rehearsed)}</p>
              {outcome.row && <Row row={outcome.row} />}
            </div>
          </li>
        ))}
      </ul>
      {all > outcomes.length && (
        <p className={styles.meta}>and {formatCount(all - outcomes.length)} more, counted above</p>
      )}
    </>
  );
}

/** The row of the read model as it is, or would be. */
function Row({ row }: { row: NonNullable<Outcome["row"]> }): ReactElement {
  return (
    <p className={styles.meta}>
      {row.product_name}, {formatCount(row.number)} × {formatCount(row.unit_price)} ={" "}
      {formatCount(row.total_price)}, for {row.customer_id} on {formatDay(row.order_date)}
    </p>
  );
}
