import type { ReactElement, ReactNode } from "react";
import { messageOf } from "@shared/api/problem";
import { Button } from "./Button";
import { classes } from "./classes";
import styles from "./Notice.module.css";

interface NoticeProps {
  tone?: "plain" | "danger" | "signal";
  title?: string;
  children?: ReactNode;
  role?: "alert" | "status";
}

export function Notice({ tone = "plain", title, children, role }: NoticeProps): ReactElement {
  return (
    <div className={classes(styles.notice, styles[tone])} role={role}>
      {title !== undefined && <p className={styles.title}>{title}</p>}
      {children}
    </div>
  );
}

interface FailureProps {
  title: string;
  error: unknown;
  /** Tries again; leave out where that makes no sense. */
  onRetry?: () => void;
}

/** A failure with the server's own words and a way on. */
export function Failure({ title, error, onRetry }: FailureProps): ReactElement {
  return (
    <Notice tone="danger" title={title} role="alert">
      <p>{messageOf(error)}</p>
      {onRetry && <Button onClick={onRetry}>Try again</Button>}
    </Notice>
  );
}
