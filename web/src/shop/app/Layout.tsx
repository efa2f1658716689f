import type { ReactElement } from "react";
import { Link, NavLink, Outlet, ScrollRestoration } from "react-router-dom";
import { useOnline } from "@shared/state/online";
import { classes } from "@shared/ui/classes";
import { ThemeSwitch } from "@shared/ui/ThemeSwitch";
import { linesIn, useCart } from "../core/cart";
import { CustomerButton } from "./CustomerButton";
import styles from "./Layout.module.css";

export function Layout(): ReactElement {
  const online = useOnline();
  const lines = linesIn(useCart());
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
          <NavLink to="/" end className={classes(styles.list)}>
            Price list
          </NavLink>
          <NavLink to="/orders">Orders</NavLink>
          <NavLink to="/cart">
            Cart
            {lines > 0 && (
              <>
                <span className="visually-hidden">, products: </span>
                <span className={styles.count}>{lines}</span>
              </>
            )}
          </NavLink>
          <CustomerButton />
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
