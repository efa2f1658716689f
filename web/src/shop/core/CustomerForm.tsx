import { Field } from "@base-ui/react/field";
import { useState, type ReactElement } from "react";
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

  return (
    <form
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
      <Field.Root invalid={problem !== undefined} className={styles.field}>
        <Field.Label className={styles.label}>Customer ID</Field.Label>
        <div className={styles.row}>
          <Field.Control
            className={styles.input}
            value={typed}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            onValueChange={setTyped}
          />
          <Button type="submit">{submit}</Button>
        </div>
        <Field.Description className={problem === undefined ? styles.hint : styles.problem}>
          {problem ?? "Your orders are kept under it. It stays in this browser."}
        </Field.Description>
      </Field.Root>
    </form>
  );
}
