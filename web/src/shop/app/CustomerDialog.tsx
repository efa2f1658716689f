import type { ReactElement } from "react";
import { setCustomer, useCustomer } from "@shared/identity/customer";
import { Button } from "@shared/ui/Button";
import { Dialog } from "@shared/ui/Dialog";
import { CustomerForm } from "../core/CustomerForm";

interface Props {
  open: boolean;
  onClose: () => void;
}

export default function CustomerDialog({ open, onClose }: Props): ReactElement {
  const customer = useCustomer();
  return (
    <Dialog open={open} onClose={onClose} title="Who is shopping?">
      <CustomerForm submit="Save" onDone={onClose} />
      {customer !== null && (
        <Button
          look="quiet"
          onClick={() => {
            setCustomer(null);
            onClose();
          }}
        >
          Forget me here
        </Button>
      )}
    </Dialog>
  );
}
