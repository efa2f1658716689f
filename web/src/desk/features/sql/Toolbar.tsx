import type { ReactElement } from "react";
import { Button } from "@shared/ui/Button";
import { formatAge, formatCount } from "../../core/format";
import { MAX_ROWS, MAX_TIMEOUT_MS } from "../../core/warehouse/ask";
import styles from "./SqlPage.module.css";

export interface Limits {
  maxRows: number;
  timeoutMs: number;
}

const ROWS = [100, 1_000, 10_000, MAX_ROWS];
const TIMEOUTS = [5_000, 30_000, 120_000, MAX_TIMEOUT_MS];

interface Props {
  running: boolean;
  limits: Limits;
  onLimits: (limits: Limits) => void;
  onRun: () => void;
  onCancel: () => void;
}

const MODIFIER = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";

export function Toolbar({ running, limits, onLimits, onRun, onCancel }: Props): ReactElement {
  return (
    <div className={styles.toolbar}>
      {running ? (
        <Button onClick={onCancel}>Cancel</Button>
      ) : (
        <Button look="primary" onClick={onRun} aria-keyshortcuts="Control+Enter Meta+Enter">
          Run
          <kbd className={styles.key}>{MODIFIER} ↵</kbd>
        </Button>
      )}
      <label className={styles.limit}>
        <span>At most</span>
        <select
          value={limits.maxRows}
          onChange={(event) => onLimits({ ...limits, maxRows: Number(event.target.value) })}
        >
          {ROWS.map((rows) => (
            <option key={rows} value={rows}>
              {formatCount(rows)} rows
            </option>
          ))}
        </select>
      </label>
      <label className={styles.limit}>
        <span>for</span>
        <select
          value={limits.timeoutMs}
          onChange={(event) => onLimits({ ...limits, timeoutMs: Number(event.target.value) })}
        >
          {TIMEOUTS.map((ms) => (
            <option key={ms} value={ms}>
              {formatAge(ms / 1000)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
