import { useState, type ReactElement } from "react";
import { Button } from "@shared/ui/Button";
import styles from "./Letters.module.css";
import { isFiltered, type Filter, type Letter } from "./letters";

interface Props {
  letters: readonly Letter[];
  filter: Filter;
  onFilter: (filter: Filter) => void;
}

/** Which dead letters are shown, and meant by what is done with them together. */
export function LetterFilter({ letters, filter, onFilter }: Props): ReactElement {
  const [known, setKnown] = useState<ReadonlySet<string>>(new Set());
  const [key, setKey] = useState(filter.key ?? "");
  const unseen = letters.map(({ code }) => code).filter((code) => !known.has(code));
  if (unseen.length > 0) setKnown(new Set([...known, ...unseen]));
  return (
    <form
      className={styles.filter}
      onSubmit={(event) => {
        event.preventDefault();
        onFilter({ ...filter, key: key.trim() === "" ? undefined : key.trim() });
      }}
    >
      <label>
        <span>Reason</span>
        <select
          value={filter.code ?? ""}
          onChange={(event) => {
            const code = event.target.value;
            onFilter({ ...filter, code: code === "" ? undefined : code });
          }}
        >
          <option value="">Any</option>
          {[...known].sort().map((code) => (
            <option key={code} value={code}>
              {code}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Order</span>
        <input
          value={key}
          placeholder="Any ID"
          spellCheck={false}
          autoComplete="off"
          maxLength={128}
          onChange={(event) => setKey(event.target.value)}
        />
      </label>
      <Button type="submit" disabled={key.trim() === (filter.key ?? "")}>
        Find
      </Button>
      {isFiltered(filter) && (
        <Button
          look="quiet"
          onClick={() => {
            setKey("");
            onFilter({});
          }}
        >
          Show all
        </Button>
      )}
    </form>
  );
}
