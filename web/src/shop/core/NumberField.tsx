import { Field } from "@base-ui/react/field";
import { NumberField as BaseField } from "@base-ui/react/number-field";
import { useRef, useState, type ReactElement } from "react";
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

const STEPS: ReadonlySet<string> = new Set(["decrement-press", "keyboard"]);
const PLAIN = { useGrouping: false, maximumFractionDigits: 6 } as const;

/** A quantity: typed, or a step more or less. What is typed wrongly is said and changes nothing. */
export function NumberField({
  label,
  value,
  onChange,
  disabled = false,
  onRemove,
}: Props): ReactElement {
  // Only while it is wrong; null is an empty field.
  const [typed, setTyped] = useState<number | null>();
  const problem = typed === undefined ? undefined : numberProblem(typed);
  // Holding the button stops at 1; only a press that begins there takes the row away.
  const began = useRef(value);
  const take = (number: number | null): void => {
    const wrong = numberProblem(number) !== undefined;
    setTyped(wrong ? number : undefined);
    if (!wrong && number !== null) onChange(number);
  };

  return (
    <Field.Root invalid={problem !== undefined} className={styles.field}>
      <BaseField.Root
        value={typed === undefined ? value : typed}
        onValueChange={(number, { reason }) => {
          // Leaving the field rounds and clamps what is wrong; we keep what was right.
          if (reason === "input-blur") return;
          if (number === 0 && STEPS.has(reason)) {
            if (reason === "decrement-press" && began.current === 1) onRemove?.();
          } else take(number);
        }}
        min={onRemove ? 0 : 1}
        max={MAX_NUMBER}
        allowOutOfRange
        format={PLAIN}
        locale="en-GB"
        disabled={disabled}
      >
        <BaseField.Group className={styles.row}>
          <BaseField.Decrement
            className={styles.step}
            aria-label={value === 1 && onRemove ? `Remove ${label}` : `One less of ${label}`}
            onPointerDown={() => {
              began.current = value;
            }}
            onClickCapture={({ detail }) => {
              // By the keyboard or by a screen reader.
              if (detail === 0) began.current = value;
            }}
          >
            −
          </BaseField.Decrement>
          <BaseField.Input
            className={styles.input}
            aria-label={`Number of ${label}`}
            autoComplete="off"
            maxLength={9}
            onBlur={() => setTyped(undefined)}
          />
          <BaseField.Increment className={styles.step} aria-label={`One more of ${label}`}>
            +
          </BaseField.Increment>
        </BaseField.Group>
      </BaseField.Root>
      <Field.Error match={problem !== undefined} className={styles.problem} role="alert">
        {problem}
      </Field.Error>
    </Field.Root>
  );
}
