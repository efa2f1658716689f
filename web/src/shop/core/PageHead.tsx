import { useEffect, useRef, type ReactElement, type ReactNode } from "react";
import { useLocation } from "react-router-dom";
import { classes } from "@shared/ui/classes";
import styles from "./PageHead.module.css";

interface Props {
  title: string;
  /** What the browser's tab says, where the heading is not it. */
  documentTitle?: string;
  above?: ReactNode;
  children?: ReactNode;
}

/** Names of products are headings, too, and may have 512 bytes. */
const LONG_TITLE = 60;
const LONGEST_TITLE = 160;

/** The page on which the visitor came in keeps the browser's own focus. */
let arrivals = 0;

/** The head of a page. After a change of page the heading takes the focus, so that it is read. */
export function PageHead({ title, documentTitle = title, above, children }: Props): ReactElement {
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();
  const arrived = useRef("");

  useEffect(() => {
    if (arrived.current === pathname) return;
    arrived.current = pathname;
    if (arrivals++ > 0) heading.current?.focus({ preventScroll: true });
  }, [pathname]);
  useEffect(() => {
    document.title = `${documentTitle} · Orderly`;
  }, [documentTitle]);

  return (
    <header className={styles.head}>
      {above !== undefined && <div className={styles.above}>{above}</div>}
      <h1
        ref={heading}
        tabIndex={-1}
        dir="auto"
        className={classes(
          title.length > LONG_TITLE && styles.long,
          title.length > LONGEST_TITLE && styles.longest,
        )}
      >
        {title}
      </h1>
      {children !== undefined && <div className={styles.lead}>{children}</div>}
    </header>
  );
}
