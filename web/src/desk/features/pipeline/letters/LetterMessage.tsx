import type { ReactElement } from "react";
import { moment } from "@shared/format";
import { formatCount } from "../../../core/format";
import styles from "./Letters.module.css";
import type { LetterDetail } from "./letters";

/** What the letter says, and why each attempt failed. */
export function LetterMessage({ detail }: { detail: LetterDetail }): ReactElement {
  const { message, text, trace_id, errors } = detail;
  const facts: [string, string][] = [
    ["Message", message.messageId],
    ["Published", moment(message.publishTime)],
    ...(message.orderingKey !== undefined
      ? [["Ordering key", message.orderingKey] as [string, string]]
      : []),
    ...(trace_id !== undefined ? [["Trace", trace_id] as [string, string]] : []),
    ...Object.entries(message.attributes),
  ];
  return (
    <>
      <pre className={styles.text} aria-label="Data">
        {text === undefined ? `${message.data}\n(base64)` : readable(text)}
      </pre>
      <dl className={styles.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3 className={styles.subhead}>Attempts that failed</h3>
      <ol className={styles.errors}>
        {errors.map(({ attempt, at, code, reason }) => (
          <li key={attempt}>
            <span className={styles.number}>{formatCount(attempt)}</span>
            <span>
              <b>{code}</b> {reason} <span className={styles.meta}>{moment(at)}</span>
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

/** JSON with its lines, and anything else as it is. */
function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
