import type { ReactElement } from "react";
import { useRouteError } from "react-router-dom";
import { Failure } from "@shared/ui/Notice";
import { PageHead } from "../core/PageHead";

/** A page that threw: its defect, not the visitor's. */
export function BrokenPage(): ReactElement {
  const error = useRouteError();
  return (
    <>
      <PageHead title="This page broke">The cart is kept; nothing was lost.</PageHead>
      <Failure title="It cannot be shown" error={error} onRetry={() => window.location.reload()} />
    </>
  );
}
