import { useEffect, useState, type ReactElement } from "react";
import styles from "./SearchField.module.css";

const PAUSE_MS = 200;
const MAX_LENGTH = 200;

interface Props {
  query: string;
  /** Called when the typing pauses. */
  onSearch: (query: string) => void;
}

export function SearchField({ query, onSearch }: Props): ReactElement {
  const [typed, setTyped] = useState(query);
  useEffect(() => setTyped(query), [query]);
  useEffect(() => {
    if (typed.trim() === query) return;
    const timer = setTimeout(() => onSearch(typed.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, query, onSearch]);

  return (
    <search>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSearch(typed.trim());
        }}
      >
        <label className={styles.label}>
          <span className="visually-hidden">Search by name or product ID</span>
          <svg aria-hidden viewBox="0 0 20 20" className={styles.glass}>
            <circle cx="8.5" cy="8.5" r="5.5" />
            <path d="m13 13 4.5 4.5" />
          </svg>
          <input
            type="search"
            className={styles.input}
            placeholder="Name or product ID"
            maxLength={MAX_LENGTH}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
      </form>
    </search>
  );
}
