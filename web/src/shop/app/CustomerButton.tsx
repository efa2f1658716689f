import { useState, type ReactElement } from "react";
import { setCustomer, useCustomer } from "@shared/identity/customer";
import { Button } from "@shared/ui/Button";
import { Dialog } from "@shared/ui/Dialog";
import { CustomerForm } from "../core/CustomerForm";
import styles from "./CustomerButton.module.css";

/** Who is shopping, and a way to be somebody else. */
export function CustomerButton(): ReactElement {
  const customer = useCustomer();
  const [open, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  return (
    <>
      <button type="button" className={styles.who} onClick={() => setOpen(true)}>
        <svg aria-hidden viewBox="0 0 20 20">
          <circle cx="10" cy="7" r="3.2" />
          <path d="M3.8 17c.7-3.4 3.1-5 6.2-5s5.500 1.600 6.200 5" />
        </svg>
        <span className={styles.name} dir="auto">
          {customer ?? "Who are you?"}
        </span>
        {customer !== null && <span className="visually-hidden">: change customer</span>}
      </button>
      <Dialog open={open} onClose={close} title="Who is shopping?">
        <CustomerForm submit="Save" onDone={close} />
        {customer !== null && (
          <Button
            look="quiet"
            onClick={() => {
              setCustomer(null);
              close();
            }}
          >
            Forget me here
          </Button>
        )}
      </Dialog>
    </>
  );
}
