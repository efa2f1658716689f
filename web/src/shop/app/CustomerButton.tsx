import { lazy, Suspense, useState, type ReactElement } from "react";
import { useCustomer } from "@shared/identity/customer";
import styles from "./CustomerButton.module.css";

// Not part of the first view: it comes when somebody is about to press the button.
const CustomerDialog = lazy(() => import("./CustomerDialog"));

/** Who is shopping, and a way to be somebody else. */
export function CustomerButton(): ReactElement {
  const customer = useCustomer();
  const [open, setOpen] = useState(false);
  const [asked, setAsked] = useState(false);
  const load = (): void => setAsked(true);
  return (
    <>
      <button
        type="button"
        className={styles.who}
        aria-haspopup="dialog"
        onPointerEnter={load}
        onFocus={load}
        onClick={() => {
          load();
          setOpen(true);
        }}
      >
        <svg aria-hidden viewBox="0 0 20 20">
          <circle cx="10" cy="7" r="3.2" />
          <path d="M3.8 17c.7-3.4 3.1-5 6.2-5s5.500 1.600 6.200 5" />
        </svg>
        <span className={styles.name} dir="auto">
          {customer ?? "Who are you?"}
        </span>
        {customer !== null && <span className="visually-hidden">: change customer</span>}
      </button>
      {asked && (
        <Suspense fallback={null}>
          <CustomerDialog open={open} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
