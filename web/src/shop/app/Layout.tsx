import type { ReactElement } from "react";
import { Link, NavLink, Outlet, ScrollRestoration } from "react-router-dom";
import { useOnline } from "@shared/state/online";
import { ThemeSwitch } from "@shared/ui/ThemeSwitch";
import styles from "./Layout.module.css";

export function Layout(): ReactElement {
  const online = useOnline();
  return (
    <div className={styles.page}>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <header className={styles.top}>
        <Link to="/" className={styles.brand}>
          Orderly
        </Link>
        <nav aria-label="Shop" className={styles.nav}>
          <NavLink to="/" end>
            Price list
          </NavLink>
        </nav>
      </header>
      <div role="status">
        {!online && (
          <p className={styles.offline}>
            You are offline. Your cart stays as it is; orders can be placed when you are back.
          </p>
        )}
      </div>
      <main id="main" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
      <footer className={styles.foot}>
        <nav aria-label="More" className={styles.more}>
          <a href="/desk">Owner’s desk</a>
          <a href="/docs">API reference</a>
        </nav>
        <ThemeSwitch />
      </footer>
      <ScrollRestoration />
    </div>
  );
}
