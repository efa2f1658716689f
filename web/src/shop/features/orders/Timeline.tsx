import type { ReactElement } from "react";
import { moment } from "@shared/format";
import { Failure, Notice } from "@shared/ui/Notice";
import { Skeleton } from "@shared/ui/Skeleton";
import type { Stage } from "../../core/stages";
import styles from "./Timeline.module.css";
import {
  eventInWords,
  sinceAccepted,
  stationInWords,
  stuckInWords,
  useTrace,
  type Entry,
} from "./trace";

interface Props {
  customer: string;
  order_id: string;
  /** How far it is known to be; another one has the steps read anew. */
  stage: Stage;
}

/** Every step of an order, as the services tell it. */
export function Timeline({ customer, order_id, stage }: Props): ReactElement | null {
  const { data: trace, error, isPending, refetch } = useTrace(customer, order_id, stage);
  if (trace === null) return null;
  const stuck = trace && stuckInWords(trace);
  return (
    <section aria-labelledby="steps" className={styles.timeline}>
      <h2 id="steps">Every step</h2>
      {stuck && (
        <Notice tone="signal" title={stuck.title} role="status">
          <p>{stuck.says}</p>
        </Notice>
      )}
      {error && !trace && (
        <Failure title="The steps cannot be shown" error={error} onRetry={() => void refetch()} />
      )}
      <ol aria-busy={isPending}>
        {trace?.timeline.map((entry, at) => (
          <Step key={at} entry={entry} entries={trace.timeline} />
        ))}
        {isPending &&
          [0, 1, 2, 3].map((row) => (
            <li key={row} aria-hidden className={styles.step}>
              <Skeleton width="medium" />
            </li>
          ))}
      </ol>
    </section>
  );
}

function Step({ entry, entries }: { entry: Entry; entries: readonly Entry[] }): ReactElement {
  const since = sinceAccepted(entries, entry);
  return (
    <li className={styles.step} data-state={entry.state}>
      <span className={styles.what}>{eventInWords(entry)}</span>
      <span className={styles.where}>{stationInWords(entry)}</span>
      <span className={styles.when}>
        {entry.at === null ? "" : (since ?? moment(entry.at))}
        {since !== undefined && entry.at !== null && (
          <span className="visually-hidden">, {moment(entry.at)}</span>
        )}
      </span>
    </li>
  );
}
