import { useEffect, useRef, type ReactElement } from "react";
import { messageOf } from "@shared/api/problem";
import { moment } from "@shared/format";
import { announce } from "@shared/ui/announce";
import { Button } from "@shared/ui/Button";
import { Failure } from "@shared/ui/Notice";
import { formatAge, formatCount } from "../../core/format";
import type { Verification, VerificationReport } from "../../core/pipeline/contract";
import { LevelMark } from "../../core/pipeline/LevelMark";
import type { VerificationView } from "../../core/pipeline/useVerification";
import { findingOf, kindInWords, progressOf, todoOf } from "../../core/pipeline/verification";
import sheet from "./Pipeline.module.css";
import styles from "./VerificationSheet.module.css";

/** So many differing orders are named; all of them are counted. */
const MAX_SHOWN = 20;

/** Is anything lost: what the last comparison of the stores found, and a new one at a press. */
export function VerificationSheet({ view }: { view: VerificationView }): ReactElement | null {
  const { verification, error } = view;
  // Nothing is compared where there is no read model.
  if (verification === null) return null;
  return (
    <section className={sheet.sheet} aria-labelledby="verification">
      <h2 id="verification">Last verification</h2>
      {verification && <Known view={view} verification={verification} />}
      {!verification && error && (
        <Failure title="What it found cannot be read." error={error} onRetry={view.retry} />
      )}
      {!verification && !error && <p className={sheet.none}>Reading what it found…</p>}
    </section>
  );
}

function Known({
  view,
  verification,
}: {
  view: VerificationView;
  verification: Verification;
}): ReactElement {
  const { last } = verification;
  const finding = findingOf(last);
  const todo = todoOf(finding);
  useAnnouncedEnd(verification.finished, `${finding.word}. ${finding.says}`);
  return (
    <>
      <p className={styles.found} data-level={finding.level}>
        <LevelMark level={finding.level} />
        <span>
          <b>{finding.word}.</b> {finding.says}
        </span>
      </p>
      {todo !== undefined && <p className={sheet.todo}>{todo}</p>}
      {last && <Report report={last} />}
      <Start view={view} verification={verification} />
      {view.error && (
        <p className={sheet.none}>It cannot be read anew now: {messageOf(view.error)}</p>
      )}
    </>
  );
}

/** Tells who does not see it when a comparison that was asked for is through. */
function useAnnouncedEnd(finished: number, words: string): void {
  const before = useRef(finished);
  useEffect(() => {
    if (finished > before.current) announce(words);
    before.current = finished;
  }, [finished, words]);
}

function Start({
  view,
  verification,
}: {
  view: VerificationView;
  verification: Verification;
}): ReactElement {
  const progress = progressOf(verification);
  const { running, done = 0, of = 0 } = verification;
  return (
    <div className={styles.start}>
      <Button
        busy={view.starting || verification.requested > verification.finished}
        onClick={view.verify}
      >
        Verify now
      </Button>
      {progress !== undefined && (
        <p className={styles.progress}>
          <progress
            aria-label="Verification"
            {...(running && of > 0 ? { value: Math.min(done, of), max: of } : {})}
          />
          <span>{progress}</span>
        </p>
      )}
      {view.refusal && (
        <p className={styles.refusal} role="alert">
          It did not begin: {messageOf(view.refusal)}
        </p>
      )}
    </div>
  );
}

function Report({ report }: { report: VerificationReport }): ReactElement {
  const facts: [string, number][] = [
    ["Accepted", report.orders],
    ["Visible", report.rows],
    ["Parked", report.parked],
    ["Dead letters", report.dead_letters],
    ["In the warehouse", report.warehouse_rows],
  ];
  if (report.foreign > 0) facts.push(["Came from elsewhere", report.foreign]);
  return (
    <>
      <p className={sheet.meta}>
        {moment(report.started_at)}, in {formatAge(report.took_ms / 1000)}, up to order{" "}
        {formatCount(report.orders_up_to)}
      </p>
      <dl className={styles.counts} aria-label="Counted">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{formatCount(value)}</dd>
          </div>
        ))}
      </dl>
      {report.differences > 0 && <Differences report={report} />}
    </>
  );
}

function Differences({ report }: { report: VerificationReport }): ReactElement {
  const shown = report.named.slice(0, MAX_SHOWN);
  const more = report.differences - shown.length;
  return (
    <>
      <ul className={sheet.waiting} aria-label="Differences">
        {shown.map(({ kind, order_id, position }) => (
          <li key={`${kind} ${order_id} ${position}`}>
            <p>
              <b>{kindInWords(kind)}</b> order {order_id}
            </p>
          </li>
        ))}
      </ul>
      {more > 0 && <p className={sheet.meta}>and {formatCount(more)} more</p>}
    </>
  );
}
