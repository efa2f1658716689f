import type { ReactElement } from "react";
import { time } from "@shared/format";
import { formatAge, formatCount } from "../format";
import type { Answer } from "./ask";
import styles from "./Freshness.module.css";

interface Props {
  of: Pick<Answer, "position" | "lagMs" | "at"> | undefined;
  /** What stands there before the first answer. */
  idle?: string;
}

/** How old what is shown may be: of every answer of the warehouse, always in sight. */
export function Freshness({ of, idle = "Asking the warehouse…" }: Props): ReactElement {
  return (
    <p className={styles.freshness}>
      {of ? (
        <>
          <b>{of.lagMs === null ? "Lag not known" : `${formatAge(of.lagMs / 1000)} behind`}</b>
          <span>position {formatCount(of.position)}</span>
          <span>as of {time(of.at)}</span>
        </>
      ) : (
        <span>{idle}</span>
      )}
    </p>
  );
}
