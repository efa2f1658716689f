import {
  startTransition,
  useCallback,
  useEffect,
  useMemo,
  useState,
  type ReactElement,
} from "react";
import { Failure } from "@shared/ui/Notice";
import { ThemeSwitch } from "@shared/ui/ThemeSwitch";
import { groupsOf, readContract, type Contract, type Operation } from "./contract";
import styles from "./Docs.module.css";
import { OperationView } from "./OperationView";
import { Text } from "./Text";

/** The contract of this very server, to read and to try. */
export function DocsPage(): ReactElement {
  const { contract, error, retry } = useContract();
  const [query, setQuery] = useState("");
  const groups = useMemo(
    () => (contract ? matching(groupsOf(contract), query) : []),
    [contract, query],
  );
  useFragment(contract !== undefined);
  return (
    <div className={styles.page}>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <header className={styles.top}>
        <a className={styles.brand} href="/">
          Orderly <span>API</span>
        </a>
        <nav aria-label="Applications">
          <a href="/desk">Desk</a>
          <a href="/">Shop</a>
          <a href="/openapi.yaml">openapi.yaml</a>
        </nav>
      </header>
      <div className={styles.columns}>
        <nav className={styles.index} aria-label="Paths">
          <input
            type="search"
            aria-label="Find a path"
            placeholder="Find a path"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
          {groups.map(({ tag, operations }) => (
            <section key={tag}>
              <p className={styles.tag}>{tag}</p>
              <ul>
                {operations.map((operation) => (
                  <li key={operation.id}>
                    <a href={`#${operation.id}`}>{operation.summary || operation.path}</a>
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </nav>
        <main id="main" tabIndex={-1} className={styles.main}>
          {error !== undefined && (
            <Failure title="The contract cannot be read." error={error} onRetry={retry} />
          )}
          {!contract && error === undefined && <p role="status">Reading the contract…</p>}
          {contract && (
            <>
              <h1>{contract.info.title} API</h1>
              <p className={styles.version}>
                {contract.info.summary} Version {contract.info.version}.
              </p>
              <Text text={contract.info.description} />
              {groups.length === 0 && <p role="status">No path is called “{query}”.</p>}
              {groups.map(({ tag, description, operations }) => (
                <section key={tag} className={styles.group} aria-label={tag}>
                  <h2>{tag}</h2>
                  <p className={styles.text}>{description}</p>
                  {operations.map((operation) => (
                    <OperationView key={operation.id} contract={contract} operation={operation} />
                  ))}
                </section>
              ))}
            </>
          )}
        </main>
      </div>
      <footer className={styles.foot}>
        <ThemeSwitch />
      </footer>
    </div>
  );
}

function useContract(): { contract: Contract | undefined; error: unknown; retry: () => void } {
  const [contract, setContract] = useState<Contract>();
  const [error, setError] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    readContract(controller.signal).then(
      // There is much to draw; in a transition it is drawn in slices.
      (read) => startTransition(() => setContract(read)),
      (cause: unknown) => {
        if (!controller.signal.aborted) setError(cause);
      },
    );
    return () => controller.abort();
  }, [attempt]);
  const retry = useCallback(() => {
    setError(undefined);
    setAttempt((before) => before + 1);
  }, []);
  return { contract, error, retry };
}

type Groups = ReturnType<typeof groupsOf>;

export function matching(groups: Groups, query: string): Groups {
  const wanted = query.trim().toLowerCase();
  const fits = ({ path, summary, id }: Operation): boolean =>
    `${path} ${summary} ${id}`.toLowerCase().includes(wanted);
  return groups
    .map((group) => ({ ...group, operations: group.operations.filter(fits) }))
    .filter(({ operations }) => operations.length > 0);
}

/** The browser looks for the fragment before the contract is there; this looks again. */
function useFragment(isThere: boolean): void {
  useEffect(() => {
    document.title = "Orderly API";
    if (isThere)
      document.getElementById(decodeURIComponent(window.location.hash.slice(1)))?.scrollIntoView();
  }, [isThere]);
}
