import { lazy, Suspense, useEffect, useRef, type ReactElement } from "react";
import { Link, NavLink, Route, Routes, useLocation } from "react-router-dom";
import { ThemeSwitch } from "@shared/ui/ThemeSwitch";
import styles from "./Desk.module.css";
import { HealthPill } from "./HealthPill";
import { PageBoundary } from "./PageBoundary";

const OverviewPage = lazy(() => import("../features/overview/OverviewPage"));
const SqlPage = lazy(() => import("../features/sql/SqlPage"));
const ProductsPage = lazy(() => import("../features/products/ProductsPage"));
const PipelinePage = lazy(() => import("../features/pipeline/PipelinePage"));

const PAGES = [
  { to: "/", label: "Overview", end: true },
  { to: "/sql", label: "SQL", end: false },
  { to: "/products", label: "Products", end: false },
  { to: "/pipeline", label: "Pipeline", end: false },
];

/** The owner's desk: what stands around every page, and which page an address is. */
export function Desk(): ReactElement {
  const { pathname } = useLocation();
  const main = useFocusOnNewPage(pathname);
  return (
    <div className={styles.desk}>
      <a className={styles.skip} href="#main">
        Skip to the page
      </a>
      <header className={styles.head}>
        <div className={styles.bar}>
          <Link className={styles.brand} to="/">
            Orderly <span>Desk</span>
          </Link>
          <nav className={styles.nav} aria-label="Desk">
            {PAGES.map(({ to, label, end }) => (
              <NavLink key={to} to={to} end={end} className={styles.link ?? ""}>
                {label}
              </NavLink>
            ))}
            <a className={styles.link} href="/docs">
              API
            </a>
            <a className={styles.link} href="/">
              Shop
            </a>
          </nav>
          <HealthPill />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        <PageBoundary key={pathname}>
          <Suspense fallback={<p className={styles.loading}>Loading…</p>}>
            <Routes>
              <Route index element={<OverviewPage />} />
              <Route path="sql" element={<SqlPage />} />
              <Route path="products" element={<ProductsPage />} />
              <Route path="pipeline" element={<PipelinePage />} />
              <Route path="*" element={<NotFound />} />
            </Routes>
          </Suspense>
        </PageBoundary>
      </main>
      <footer className={styles.foot}>
        <ThemeSwitch />
      </footer>
    </div>
  );
}

function NotFound(): ReactElement {
  return (
    <section>
      <h1>There is no such page.</h1>
      <p>
        Back to the <Link to="/">overview</Link>.
      </p>
    </section>
  );
}

/** A new page is told to who cannot see it; the first one is the browser's own affair. */
function useFocusOnNewPage(pathname: string): React.RefObject<HTMLElement | null> {
  const main = useRef<HTMLElement>(null);
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [pathname]);
  return main;
}
