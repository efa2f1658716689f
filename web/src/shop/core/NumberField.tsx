import { useId, useState, type ReactElement } from "react";
import { MAX_NUMBER, numberProblem } from "./limits";
import styles from "./NumberField.module.css";

interface Props {
  /** What is counted, for who cannot see the row. */
  label: string;
  value: number;
  onChange: (number: number) => void;
  disabled?: boolean;
  /** One less than 1: the row goes. Left out, 1 is the least. */
  onRemove?: () => void;
}

/** A quantity: typed, or a step more or less. What is typed wrongly is said and changes nothing. */
export function NumberField({ label, value, onChange, disabled, onRemove }: Props): ReactElement {
  const [typed, setTyped] = useState<string>();
  const problem = typed === undefined ? undefined : numberProblem(typed);
  const id = useId();
  const step = (by: number): void => {
    setTyped(undefined);
    if (value + by < 1) onRemove?.();
    else onChange(value + by);
  };

  return (
    <div className={styles.field}>
      <div className={styles.row}>
        <button
          type="button"
          className={styles.step}
          aria-label={value === 1 && onRemove ? `Remove ${label}` : `One less of ${label}`}
          disabled={disabled === true || (value <= 1 && !onRemove)}
          onClick={() => step(-1)}
        >
          −
        </button>
        <input
          className={styles.input}
          aria-label={`Number of ${label}`}
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : id}
          inputMode="numeric"
          autoComplete="off"
          disabled={disabled}
          maxLength={9}
          value={typed ?? String(value)}
          onChange={(event) => {
            setTyped(event.target.value);
            if (numberProblem(event.target.value) === undefined) {
              onChange(Number(event.target.value));
            }
          }}
          onBlur={() => setTyped(undefined)}
        />
        <button
          type="button"
          className={styles.step}
          aria-label={`One more of ${label}`}
          disabled={disabled === true || value >= MAX_NUMBER}
          onClick={() => step(1)}
        >
          +
        </button>
      </div>
      {problem !== undefined && (
        <p id={id} className={styles.problem} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
