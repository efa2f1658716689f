import { Field } from "@base-ui/react/field";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactElement } from "react";
import type { Product } from "@shared/api/client";
import { isPassing, messageOf, Refused } from "@shared/api/problem";
import { announce } from "@shared/ui/announce";
import { Button } from "@shared/ui/Button";
import { Notice } from "@shared/ui/Notice";
import { formatCount } from "../../core/format";
import { draftOf, problemsOf, productOf, type Draft, type Problems } from "./form";
import { findProduct, putProduct } from "./products";
import styles from "./Products.module.css";

interface Props {
  /** The product to change; left out for a new one. */
  product?: Product;
  /** Ids that are taken: saving one of them would be a change of price, which must be meant. */
  taken: ReadonlySet<string>;
  onSaved?: (product: Product) => void;
}

/** There is one of this ID already: creating it would change that one's price. */
class Taken extends Error {}
const TAKEN = "There is a product of this ID; change its price in the list.";

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
  const save = useSave(product === undefined, onSaved);

  const made = productOf(draft);
  const isTaken = !product && taken.has(draft.id);
  const unchanged =
    product !== undefined &&
    made?.unit_price === product.unit_price &&
    made.product_name === product.product_name;
  const problems: Problems = { ...(tried && problemsOf(draft)), ...refusedField(save.error) };
  if (isTaken) problems.id = TAKEN;
  const set = (change: Partial<Draft>): void => {
    setDraft({ ...draft, ...change });
    if (save.isError) save.reset();
  };
  const toProblem = (): void =>
    form.current?.querySelector<HTMLInputElement>("[aria-invalid=true]")?.focus();
  const submit = (): void => {
    setTried(true);
    if (made && !isTaken && !save.isPending) save.mutate(made);
    else toProblem();
  };
  useEffect(() => {
    if (save.error) toProblem();
  }, [save.error]);

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
  if (error instanceof Taken) return { id: TAKEN };
  const field = error instanceof Refused && error.field !== undefined && FIELDS[error.field];
  return field ? { [field]: error.message } : {};
}

/** The list knows the ids that it has shown; the server knows them all. */
async function refuseTaken(made: Product): Promise<void> {
  const there = await findProduct(made.product_id);
  if (!there) return;
  // One that is exactly like this is what an answer that was lost had made.
  const isLike = there.product_name === made.product_name && there.unit_price === made.unit_price;
  if (!isLike) throw new Taken();
}

function useSave(isNew: boolean, onSaved: Props["onSaved"]) {
  const client = useQueryClient();
  // The same words sent again, after no answer, are the same command.
  const sent = useRef({ body: "", key: "" });
  return useMutation({
    mutationFn: async (made: Product) => {
      if (isNew) await refuseTaken(made);
      const body = JSON.stringify(made);
      if (sent.current.body !== body) sent.current = { body, key: crypto.randomUUID() };
      return putProduct(made, sent.current.key);
    },
    onSuccess: async (saved) => {
      sent.current = { body: "", key: "" };
      announce(`${saved.product_name} now costs ${formatCount(saved.unit_price)}.`);
      await Promise.all([
        client.invalidateQueries({ queryKey: ["products"] }),
        client.invalidateQueries({ queryKey: ["product", saved.product_id] }),
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
