import { useEffect, type ReactElement, type ReactNode } from "react";
import styles from "./PageHead.module.css";

/** The head of a page: what it is, and how fresh. */
export function PageHead({
  title,
  children,
}: {
  title: string;
  children?: ReactNode;
}): ReactElement {
  useEffect(() => {
    document.title = `${title} · Orderly desk`;
  }, [title]);
  return (
    <header className={styles.head}>
      <h1>{title}</h1>
      {children}
    </header>
  );
}
