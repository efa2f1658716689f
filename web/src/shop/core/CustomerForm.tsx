import { useId, useState, type ReactElement } from "react";
import { idProblem, setCustomer, useCustomer } from "@shared/identity/customer";
import { Button } from "@shared/ui/Button";
import styles from "./CustomerForm.module.css";

interface Props {
  submit: string;
  onDone?: () => void;
}

/** Asks who the customer is. */
export function CustomerForm({ submit, onDone }: Props): ReactElement {
  const [typed, setTyped] = useState(useCustomer() ?? "");
  const [problem, setProblem] = useState<string>();
  const id = useId();

  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const wrong = idProblem(typed.trim());
        setProblem(wrong);
        if (wrong !== undefined) return;
        setCustomer(typed.trim());
        onDone?.();
      }}
    >
      <label htmlFor={id} className={styles.label}>
        Customer ID
      </label>
      <div className={styles.row}>
        <input
          id={id}
          className={styles.input}
          value={typed}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-hint`}
          onChange={(event) => setTyped(event.target.value)}
        />
        <Button type="submit">{submit}</Button>
      </div>
      <p id={`${id}-hint`} className={problem === undefined ? styles.hint : styles.problem}>
        {problem ?? "Your orders are kept under it. It stays in this browser."}
      </p>
    </form>
  );
}
