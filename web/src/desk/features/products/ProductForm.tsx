import { Field } from "@base-ui/react/field";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type ReactElement } from "react";
import type { Product } from "@shared/api/client";
import { isPassing, messageOf, Refused } from "@shared/api/problem";
import { announce } from "@shared/ui/announce";
import { Button } from "@shared/ui/Button";
import { Notice } from "@shared/ui/Notice";
import { formatCount } from "../../core/format";
import { draftOf, problemsOf, productOf, type Draft, type Problems } from "./form";
import { putProduct } from "./products";
import styles from "./Products.module.css";

interface Props {
  /** The product to change; left out for a new one. */
  product?: Product;
  /** Ids that are taken: saving one of them would be a change of price, which must be meant. */
  taken: ReadonlySet<string>;
  onSaved?: (product: Product) => void;
}

const FIELDS: Record<string, keyof Draft> = {
  product_id: "id",
  product_name: "name",
  unit_price: "price",
};

/** Adds a product, or gives one its name and price from now on. */
export function ProductForm({ product, taken, onSaved }: Props): ReactElement {
  const [draft, setDraft] = useState(() => draftOf(product));
  const [tried, setTried] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const save = useSave(onSaved);

  const made = productOf(draft);
  const isTaken = !product && taken.has(draft.id);
  const unchanged =
    product !== undefined &&
    made?.unit_price === product.unit_price &&
    made.product_name === product.product_name;
  const problems: Problems = { ...(tried && problemsOf(draft)), ...refusedField(save.error) };
  if (isTaken) problems.id = "There is a product of this ID; change its price in the list.";
  const set = (change: Partial<Draft>): void => {
    setDraft({ ...draft, ...change });
    if (save.isError) save.reset();
  };
  const submit = (): void => {
    setTried(true);
    if (made && !isTaken && !save.isPending) save.mutate(made);
    else form.current?.querySelector<HTMLInputElement>("[aria-invalid=true]")?.focus();
  };

  return (
    <form
      ref={form}
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!unchanged) submit();
      }}
    >
      {!product && (
        <TextField
          label="Product ID"
          value={draft.id}
          problem={problems.id}
          onChange={(id) => set({ id })}
        />
      )}
      <TextField
        label="Name"
        value={draft.name}
        problem={problems.name}
        onChange={(name) => set({ name })}
      />
      <TextField
        label={product ? "Price from now on" : "Price"}
        value={draft.price}
        problem={problems.price}
        numeric
        onChange={(price) => set({ price })}
      />
      <Button type="submit" look="primary" busy={save.isPending} disabled={unchanged}>
        {product ? "Save" : "Add"}
      </Button>
      {save.error && Object.keys(refusedField(save.error)).length === 0 && (
        <Notice tone="danger" role="alert" title="It was not saved.">
          <p>
            {messageOf(save.error)}{" "}
            {isPassing(save.error) && "Pressing again is safe: it counts once."}
          </p>
        </Notice>
      )}
    </form>
  );
}

/** What the server said of a field. */
function refusedField(error: unknown): Problems {
  const field = error instanceof Refused && error.field !== undefined && FIELDS[error.field];
  return field ? { [field]: error.message } : {};
}

function useSave(onSaved: Props["onSaved"]) {
  const client = useQueryClient();
  // The same words sent again, after no answer, are the same command.
  const sent = useRef({ body: "", key: "" });
  return useMutation({
    mutationFn: (made: Product) => {
      const body = JSON.stringify(made);
      if (sent.current.body !== body) sent.current = { body, key: crypto.randomUUID() };
      return putProduct(made, sent.current.key);
    },
    onSuccess: async (saved) => {
      sent.current = { body: "", key: "" };
      announce(`${saved.product_name} now costs ${formatCount(saved.unit_price)}.`);
      await Promise.all([
        client.invalidateQueries({ queryKey: ["products"] }),
        client.invalidateQueries({ queryKey: ["versions", saved.product_id] }),
      ]);
      onSaved?.(saved);
    },
  });
}

interface FieldProps {
  label: string;
  value: string;
  problem: string | undefined;
  numeric?: boolean;
  onChange: (value: string) => void;
}

function TextField({ label, value, problem, numeric = false, onChange }: FieldProps): ReactElement {
  return (
    <Field.Root invalid={problem !== undefined} className={styles.field}>
      <Field.Label>{label}</Field.Label>
      <Field.Control
        value={value}
        inputMode={numeric ? "numeric" : "text"}
        autoComplete="off"
        spellCheck={false}
        onValueChange={onChange}
      />
      <Field.Error match={problem !== undefined} className={styles.problem}>
        {problem}
      </Field.Error>
    </Field.Root>
  );
}
